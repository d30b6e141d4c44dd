"""Selections -> masks: what is inside becomes 255, with an edge about a pixel soft."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import Mask, Size

_ROUNDNESS = 1 / 320
"""Of the longest side of the small selection: removes its stairs before they are enlarged."""


def smooth(hard: Mask) -> Mask:
    """Soften the steps of a mask of 0 and 255 by about a pixel; (H, W)."""
    return np.asarray(cv2.GaussianBlur(hard, (3, 3), 0.7), np.uint8)


def enlarge(share: NDArray[np.float32], size: Size) -> Mask:
    """Bring a small selection (h, w), 0.0..1.0 with its outline at 0.5, to (width, height).

    The result is 0 or 255.
    """
    rounded = cv2.GaussianBlur(share, (0, 0), _ROUNDNESS * max(share.shape))
    # 8 bits place the outline to a hundredth of a small pixel, and enlarge many times faster.
    levels = np.clip(rounded * 255 + 0.5, 0, 255).astype(np.uint8)
    larger = cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR)
    _, hard = cv2.threshold(larger, 127, 255, cv2.THRESH_BINARY)
    return np.asarray(hard, np.uint8)
