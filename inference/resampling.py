"""Resizing of arrays, with the filter that fits each axis."""

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import Size

A = TypeVar("A", bound=np.generic)


def resize(array: NDArray[A], size: Size) -> NDArray[A]:
    """Resize (H, W) or (H, W, 3) to (width, height): area average down, bilinear up.

    Each axis gets its own filter: OpenCV averages areas only when both axes shrink, so a strip
    of 1 x 100000 would otherwise be sampled at a few of its pixels.
    """
    height, width = array.shape[:2]
    smaller = (min(width, size[0]), min(height, size[1]))
    result: NDArray[Any] = array
    if smaller != (width, height):
        result = cv2.resize(result, smaller, interpolation=cv2.INTER_AREA)
    if smaller != size:
        result = cv2.resize(result, size, interpolation=cv2.INTER_LINEAR)
    return result


def bounded(size: Size, max_side: int | None) -> Size:
    """Shrink (width, height) so that the longest side is at most `max_side`, never below 1."""
    longest = max(size)
    if max_side is None or longest <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longest)) for side in size)
    return width, height
