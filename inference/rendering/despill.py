"""Takes the reflections of a green screen off a cut-out."""

import cv2
import numpy as np

from inference.arrays import RGBA

_LUMA_OF_GREEN = 0.587
"""Of ITU-R BT.601, which JPEG uses too."""


def despill(rgba: RGBA) -> None:
    """Take green that exceeds both other colours away, in place, keeping the brightness.

    What goes leaves its brightness behind as grey. Nothing is clipped by that: none of the colours
    becomes brighter than the green was. An object that is green itself becomes grey; it is for
    pictures taken before a green screen.
    """
    red, green, blue, _ = (np.ascontiguousarray(rgba[..., channel]) for channel in range(4))
    other = cv2.max(red, blue)
    spill = cv2.subtract(green, other)  # 0 where green is the lesser
    if not spill.any():
        return
    lift = cv2.convertScaleAbs(spill, alpha=_LUMA_OF_GREEN)
    cleaned = cv2.subtract(green, spill)
    for channel, plane in enumerate((red, cleaned, blue)):
        rgba[..., channel] = cv2.add(plane, lift)
