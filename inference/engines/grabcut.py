"""GrabCut (Rother, Kolmogorov and Blake, 2004) by OpenCV: who belongs to whom, by colour alone."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB
from inference.resampling import bounded, resize

Bools = NDArray[np.bool_]
Trimap = NDArray[np.uint8]
"""(H, W): OUTSIDE and INSIDE are certain, the other two a first guess."""

OUTSIDE, INSIDE = np.uint8(cv2.GC_BGD), np.uint8(cv2.GC_FGD)
MAYBE_OUTSIDE, MAYBE_INSIDE = np.uint8(cv2.GC_PR_BGD), np.uint8(cv2.GC_PR_FGD)
_ROUNDS = 2
"""Three and five select no better (24 objects, within 0.003) and take up to twice as long."""
_WORK_SIDE = 320


def separate(rgb: RGB, trimap: Trimap) -> Bools:
    """Return (H, W) bool. What no colours can be learned for stays as it was guessed.

    Works at no more than 320 pixels a side: the time grows much faster than the picture, and at
    640 some pictures took nine seconds.
    """
    height, width = trimap.shape
    size = bounded((width, height), _WORK_SIDE)
    if size == (width, height):
        return _separate(rgb, trimap)
    labels = cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)
    small = _separate(np.ascontiguousarray(resize(rgb, size)), labels).astype(np.float32)
    return np.asarray(resize(small, (width, height)) > 0.5)


def _separate(rgb: RGB, trimap: Trimap) -> Bools:
    labels = trimap.copy()
    is_inside: Bools = (labels == INSIDE) | (labels == MAYBE_INSIDE)
    if is_inside.all() or not is_inside.any():
        return is_inside
    # The clusters start at random places; the generator is the thread's own.
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(rgb, labels, (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # too few different pixels for the clusters
        return is_inside
    separated: Bools = (labels == INSIDE) | (labels == MAYBE_INSIDE)
    return separated


def draw_disc(trimap: Trimap, x: float, y: float, radius: float, value: np.uint8) -> None:
    """Set a disc, at least one pixel, in place."""
    centre = round(x), round(y)
    cv2.circle(trimap, centre, max(0, round(radius)), int(value), thickness=-1)
