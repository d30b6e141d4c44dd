"""What an engine sees of a loaded network, whatever runs it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray


class Session(Protocol):
    """A loaded network. Runs from several threads at once are allowed."""

    @property
    def input_names(self) -> tuple[str, ...]: ...

    @property
    def output_names(self) -> tuple[str, ...]: ...

    @property
    def runtime(self) -> str:
        """What runs it and how, in a few words: "OpenVINO int8"."""
        ...

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the named outputs in order; raises EngineFailed."""
        ...


OpenSession: TypeAlias = Callable[[str, Path], Session]
"""Opens the file of a row of the catalogue, given the row's name; raises EngineFailed."""
