"""Selections -> masks: what is inside becomes 255, with an edge about a pixel soft."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import Mask, Size

_ROUNDNESS = 1.5 / 320
"""Of the longest side of the small selection: removes its stairs before they are enlarged."""


def smooth(inside: NDArray[np.bool_]) -> Mask:
    """Return (H, W) uint8, 0 or 255 but for a soft step at the outline."""
    hard = np.where(inside, np.uint8(255), np.uint8(0))
    return cv2.GaussianBlur(hard, (3, 3), 0.7).astype(np.uint8, copy=False)


def enlarge(share: NDArray[np.float32], size: Size) -> NDArray[np.bool_]:
    """Bring a small selection (h, w), 0.0..1.0 with its outline at 0.5, to (width, height)."""
    rounded = cv2.GaussianBlur(share, (0, 0), _ROUNDNESS * max(share.shape))
    # 8 bits place the outline to a hundredth of a small pixel, and enlarge many times faster.
    levels = np.clip(rounded * 255 + 0.5, 0, 255).astype(np.uint8)
    larger: NDArray[np.bool_] = cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR) > 127
    return larger
