"""What rendering raises on purpose. `str(error)` is a sentence fit to show to a user.

InferenceError
├── NoForeground       nothing in the picture stands out
├── RoiOutsideImage    the region of interest reaches beyond the picture
├── RoiEmpty           the region of interest has no pixels
└── FormatTooSmall     the format has no room for a picture that is this wide or high
"""

from inference.errors import InferenceError


class NoForeground(InferenceError):
    """Nothing in the picture stands out."""

    def __init__(self) -> None:
        super().__init__("Could not identify foreground in image.")


class RoiOutsideImage(InferenceError):
    """The region reaches beyond the picture. Sizes are in pixels, upright."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"The region of interest exceeds the image of {width} x {height} pixels.")


class RoiEmpty(InferenceError):
    """The region has no pixels."""

    def __init__(self) -> None:
        super().__init__("The region of interest is empty.")


class FormatTooSmall(InferenceError):
    """The format has no room for a picture that is this wide or high."""
