"""What is to be done to a picture: frozen values, to and from the JSON of a job row."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import cattrs
from cattrs.errors import BaseValidationError

from inference.arrays import Edges, Prompts, Quality
from inference.rendering import Options

QUALITIES: tuple[Quality, ...] = ("fast", "best", "auto")
EDGES: tuple[Edges, ...] = ("fast", "fine")
CutOutFormat = Literal["webp", "png"]
CUT_OUT_FORMATS: tuple[CutOutFormat, ...] = ("webp", "png")


@dataclass(frozen=True)
class RemoveBackground:
    """Picture in, grayscale matte out."""

    service: ClassVar[str] = "background-removal"

    quality: Quality = "auto"
    #: None is left to the size of the mask.
    edges: Edges | None = None
    #: Longest side of the result in pixels; None keeps the size of the upright original.
    max_side: int | None = None


@dataclass(frozen=True)
class SegmentImage:
    """Picture and prompts in, grayscale mask of what they point at out."""

    service: ClassVar[str] = "image-segmentation"

    prompts: Prompts
    edges: Edges = "fast"
    max_side: int | None = None


@dataclass(frozen=True)
class ExtractObject:
    """Picture and a mask or prompts in, the object on transparent ground out."""

    service: ClassVar[str] = "object-extraction"

    #: None when the order has a mask.
    prompts: Prompts | None = None
    #: Width of the softened rim in pixels of the picture, 0..50.
    feather: int = 0
    output_format: CutOutFormat = "webp"
    #: How the mask made from prompts follows the picture; a mask that came is taken as it is.
    edges: Edges = "fast"
    max_side: int | None = None
    #: Whether everything but the object is what is kept.
    invert: bool = False


@dataclass(frozen=True)
class RemoveObject:
    """Picture and a mask or prompts in, the picture without what they cover out."""

    service: ClassVar[str] = "object-removal"

    #: None when the order has a mask.
    prompts: Prompts | None = None
    quality: Quality = "auto"
    max_side: int | None = None
    #: "same" is the format of the upload.
    output_format: Literal["same", "png"] = "same"


@dataclass(frozen=True)
class RenderCutOut:
    """Picture in, a finished picture of its subject out, as the raw-bytes APIs are asked for it."""

    service: ClassVar[str] = RemoveBackground.service

    options: Options
    #: None is what MASKR_QUALITY says: none of these APIs has a field for it.
    quality: Quality | None = None
    #: None is left to the size of the mask.
    edges: Edges | None = None
    #: Whether a picture that has transparency already is returned as it is.
    keeps_transparent: bool = False
    #: Whether the transparency that a picture has is ignored.
    drops_alpha: bool = False


Operation = RenderCutOut | RemoveBackground | SegmentImage | ExtractObject | RemoveObject
_KINDS: dict[str, type[Operation]] = {
    "background-removal": RemoveBackground,
    "rendering": RenderCutOut,
    "image-segmentation": SegmentImage,
    "object-extraction": ExtractObject,
    "object-removal": RemoveObject,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_converter = cattrs.Converter(forbid_extra_keys=True)


class NotUnderstood(Exception):
    """A row holds what this version does not know: a newer one wrote it, or it was emptied."""


def to_json(operation: Operation) -> dict[str, Any]:
    """Without what is None, the default wherever it may be: older workers do not take it everywhere."""
    told = {name: value for name, value in asdict(operation).items() if value is not None}
    return {"service": _NAMES[type(operation)], **told}


def from_json(data: dict[str, Any]) -> Operation:
    """Raises NotUnderstood rather than leave out an option, or a value of one, that was asked for."""
    options = {name: value for name, value in data.items() if name != "service"}
    try:
        operation: Operation = _converter.structure(options, _KINDS[data["service"]])
    except KeyError as error:
        raise NotUnderstood(f"no such operation: {error}") from error
    except BaseValidationError as error:
        raise NotUnderstood("; ".join(cattrs.transform_error(error))) from error
    return operation


def is_understood(data: dict[str, Any]) -> bool:
    try:
        from_json(data)
    except NotUnderstood:
        return False
    return True


def max_side_of(operation: Operation) -> int | None:
    """What the longest side of the result is limited to, for test keys for example."""
    if isinstance(operation, RenderCutOut):
        return operation.options.max_side
    return operation.max_side


def prompts_of(operation: Operation) -> Prompts | None:
    """What the customer pointed at, if the operation works with that."""
    if isinstance(operation, RemoveBackground | RenderCutOut):
        return None
    return operation.prompts
