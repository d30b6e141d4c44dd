"""The local linear model of a matte in the colours of its picture: the guided filter's first half.

He, Sun and Tang, Guided Image Filtering, 2013, eq. 19: around each pixel, matte = a . colour + b.
"""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB

Floats: TypeAlias = NDArray[np.float32]

_EPSILON = np.float32(1e-5 * 255**2)
_GREY = np.float32(128)
"""Colours are counted from here: squares a quarter as large leave float32 enough of the variance."""


def fit(guide: RGB, matte: Floats, radius: int) -> list[Floats]:
    """Return a for red, green and blue, then b, (H, W) each; all on the scale 0..255.

    Averaged over all windows that a pixel is in, as the filter needs them.
    """
    red, green, blue = (plane - _GREY for plane in cv2.split(guide))
    means = _means([red, green, blue, matte], radius)
    covariances = _covariances([red, green, blue, matte], means, radius)
    slopes = _solved(*covariances)
    offset = means[3].copy()
    for slope, mean in zip(slopes, means, strict=False):
        offset -= slope * (mean + _GREY)
    return _means([*slopes, offset], radius)


def _covariances(planes: list[Floats], means: list[Floats], radius: int) -> list[Floats]:
    """Return RR, RG, RB, GG, GB, BB and those of R, G, B with the matte, around each pixel."""
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3)]
    found = _means([planes[i] * planes[j] for i, j in pairs], radius)
    for plane, (i, j) in zip(found, pairs, strict=True):
        plane -= means[i] * means[j]
        if i == j:
            plane += _EPSILON
    return found


def _solved(
    rr: Floats,
    rg: Floats,
    rb: Floats,
    gg: Floats,
    gb: Floats,
    bb: Floats,
    rm: Floats,
    gm: Floats,
    bm: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Solve the symmetric 3 x 3 system of each pixel by elimination.

    Colours are so correlated that in float32 nothing would be left of a determinant; elimination
    loses no more than the system itself does.
    """
    green_per_red, blue_per_red = rg / rr, rb / rr
    gg = gg - green_per_red * rg
    gb = gb - green_per_red * rb
    bb = bb - blue_per_red * rb
    blue_per_green = gb / gg
    bb -= blue_per_green * gb
    gm = gm - green_per_red * rm
    bm = bm - blue_per_red * rm - blue_per_green * gm
    blue = bm / bb
    green = gm / gg - blue_per_green * blue
    return rm / rr - green_per_red * green - blue_per_red * blue, green, blue


def _means(planes: list[Floats], radius: int) -> list[Floats]:
    """Average each plane over the window around each pixel; four at a time take half as long."""
    side = 2 * radius + 1, 2 * radius + 1
    found: list[Any] = []
    for first in range(0, len(planes), 4):
        together = cv2.merge(planes[first : first + 4])
        found.extend(cv2.split(cv2.blur(together, side)))
    return found
