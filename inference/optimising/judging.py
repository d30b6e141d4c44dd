"""How close the answers of one graph are to those of another, and to the truth."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import Matte

_BOUNDARY_SHARE = 0.02
"""Of the diagonal: as Cheng et al. use it (Boundary IoU, CVPR 2021, arXiv 2103.16562)."""

Inside = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Means over pictures, 0.0..1.0; `worst` is the lowest IoU of one picture."""

    iou: float
    boundary_iou: float
    worst: float


def compare(ours: list[Matte], theirs: list[Matte]) -> Agreement:
    """Compare mattes pairwise, each cut at one half. Pairs of which both are empty agree."""
    pairs = [(mine > 0.5, other > 0.5) for mine, other in zip(ours, theirs, strict=True)]
    each = [overlap(mine, other) for mine, other in pairs]
    edges = [overlap(_boundary(mine), _boundary(other)) for mine, other in pairs]
    return Agreement(float(np.mean(each)), float(np.mean(edges)), min(each))


def overlap(mine: Inside, other: Inside) -> float:
    """Return intersection over union."""
    union = np.count_nonzero(mine | other)
    return float(np.count_nonzero(mine & other) / union) if union else 1.0


def _boundary(inside: Inside) -> Inside:
    """Return what of the object lies within reach of its outline."""
    height, width = inside.shape
    reach = max(1, round(_BOUNDARY_SHARE * float(np.hypot(height, width))))
    # The frame of the picture counts as outline, as in the authors' code.
    padded = cv2.copyMakeBorder(inside.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    core = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=reach)
    boundary: Inside = inside & ~core[1:-1, 1:-1].astype(bool)
    return boundary
