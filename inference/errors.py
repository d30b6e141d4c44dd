"""Everything this package raises on purpose. `str(error)` is a sentence fit to show to a user.

InferenceError
├── UnreadableImage          damaged, truncated, empty, or refused as hostile
│   ├── UnsupportedFormat    not one of the accepted file types
│   ├── UnusableBackground   what is to be put behind a picture: the same
│   └── UnusableMask         the mask beside a picture: the same, or its content makes no sense
├── NothingFound             prompts that select nothing
├── TooMuchFound             prompts that select so much that nothing is left to fill it from
├── TooManyPixels            larger than the limit, told from the header
├── UnknownWeights           no such name in the catalogue
├── WeightsMissing           no installed network can do this
├── WeightsDamaged           an installed file is not the one in the catalogue
├── DownloadFailed           no source of a file worked
├── OptimiserMissing         what makes faster graphs is not installed
└── EngineFailed             the network could not be loaded or run
"""

from collections.abc import Sequence


class InferenceError(Exception):
    """Root of the tree; never raised itself."""


class UnreadableImage(InferenceError):
    """The bytes are not a complete picture."""


class UnsupportedFormat(UnreadableImage):
    """The bytes are of a type that is not accepted, or of none that is known."""


class UnusableMask(UnreadableImage):
    """The mask that came with a picture cannot be used."""

    @classmethod
    def because_of(cls, error: InferenceError) -> "UnusableMask":
        return cls(f"The mask cannot be used. {error}")


class UnusableBackground(UnreadableImage):
    """What is to be put behind a picture cannot be read."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"The background cannot be used. {reason}")


class NothingFound(InferenceError):
    """The prompts select nothing in this picture."""

    def __init__(self) -> None:
        super().__init__("Nothing was found where the prompts point.")


class TooMuchFound(InferenceError):
    """The prompts select nearly all of the picture, of which then too little is left."""

    def __init__(
        self,
        message: str = "What the prompts point at is nearly the whole picture; too little is left of it.",
    ) -> None:
        super().__init__(message)


class TooManyPixels(InferenceError):
    """The picture is larger than the limit. Sizes are in pixels, upright."""

    def __init__(self, width: int, height: int, limit: int) -> None:
        super().__init__(
            f"The image has {width} x {height} pixels; at most {limit:,} pixels are accepted."
        )
        self.width = width
        self.height = height
        self.limit = limit


class UnknownWeights(InferenceError):
    """A name that the catalogue does not have."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no network called {name!r}; there are {', '.join(known)}.")
        self.name = name


class WeightsMissing(InferenceError):
    """None of the named networks is installed and usable."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"No working network for this is installed. Run `manage.py models pull {' '.join(names)}`."
        )
        self.names = tuple(names)


class WeightsDamaged(InferenceError):
    """A weights file differs from the catalogue in size or digest."""


class DownloadFailed(InferenceError):
    """No source of a weights file worked; the message says why and what to do."""


class OptimiserMissing(InferenceError):
    """The packages that make faster graphs, or ship pictures to make them with, are not there."""

    def __init__(self) -> None:
        super().__init__(
            "Making faster graphs needs more packages: "
            "pip install 'nncf>=3.2,<4' 'onnx>=1.19,<2' 'scikit-image>=0.25,<0.27'."
        )


class EngineFailed(InferenceError):
    """A network could not be loaded, or failed while running."""
