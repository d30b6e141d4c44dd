"""What is to be done to a picture: frozen values, to and from the JSON of a job row."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

Quality = Literal["fast", "best", "auto"]
Edges = Literal["fast", "fine"]
QUALITIES: tuple[Quality, ...] = ("fast", "best", "auto")
EDGES: tuple[Edges, ...] = ("fast", "fine")


@dataclass(frozen=True)
class RemoveBackground:
    """Picture in, grayscale matte out."""

    service: ClassVar[str] = "background-removal"

    quality: Quality = "auto"
    edges: Edges = "fast"
    #: Longest side of the result in pixels; None keeps the size of the upright original.
    max_side: int | None = None


Operation = RemoveBackground
_BY_SERVICE: dict[str, type[Operation]] = {RemoveBackground.service: RemoveBackground}


def to_json(operation: Operation) -> dict[str, Any]:
    return {"service": operation.service, **asdict(operation)}


def from_json(data: dict[str, Any]) -> Operation:
    """Raises KeyError for a service this version does not know."""
    options = dict(data)
    return _BY_SERVICE[options.pop("service")](**options)
