"""Which way up a picture was stored (Exif 2.3, tag 0x0112), and how to turn it upright."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

UPRIGHT = 1
_TAG = 0x0112

_Turn: TypeAlias = Callable[[NDArray[np.uint8]], Any]
_TURNS: MappingProxyType[int, _Turn] = MappingProxyType(
    {
        2: lambda stored: cv2.flip(stored, 1),
        3: lambda stored: cv2.rotate(stored, cv2.ROTATE_180),
        4: lambda stored: cv2.flip(stored, 0),
        5: cv2.transpose,
        6: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE),
        7: lambda stored: cv2.rotate(cv2.transpose(stored), cv2.ROTATE_180),
        8: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }
)


def read(image: Image.Image) -> int:
    """Return the orientation that a file gives, UPRIGHT where it gives none that exists."""
    try:
        # Not image.getexif(): for PNG that one decodes the whole picture to look behind it.
        value = Image.Image.getexif(image).get(_TAG, UPRIGHT)
    except Exception:  # damaged EXIF, of any error class, does not make the picture unreadable
        return UPRIGHT
    return value if value in _TURNS else UPRIGHT


def swaps_sides(orientation: int) -> bool:
    return orientation >= 5


def turned(stored: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return a stored (H, W) or (H, W, 3) upright; itself where it is that already."""
    turn = _TURNS.get(orientation)
    return stored if turn is None else turn(stored).astype(np.uint8, copy=False)
