"""A matte and the wishes of a client -> the finished picture of the raw-bytes APIs."""

from inference.rendering.errors import FormatTooSmall, NoForeground, RoiEmpty, RoiOutsideImage
from inference.rendering.options import Length, Margins, Options, Region
from inference.rendering.picture import Foreground, Rendered, render

__all__ = [
    "Foreground",
    "FormatTooSmall",
    "Length",
    "Margins",
    "NoForeground",
    "Options",
    "Region",
    "Rendered",
    "RoiEmpty",
    "RoiOutsideImage",
    "render",
]
