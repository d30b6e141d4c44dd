"""Arrays -> files."""

import cv2

from inference.arrays import Mask


def mask_to_png(mask: Mask) -> bytes:
    """Return an 8-bit greyscale PNG of a (H, W) mask.

    OpenCV's default (Sub filter, run-length strategy, level 1) made a 1080p mask in 6.7 ms and
    101 KiB where Pillow's level 1 took 18 ms and 120 KiB, and 12 Mpixel in 34 ms against 105 ms.
    """
    is_encoded, data = cv2.imencode(".png", mask)
    if not is_encoded:
        raise ValueError("cv2 did not encode the mask")
    return data.tobytes()
