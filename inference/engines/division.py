"""Where a selection ends that holds clicks on the object and clicks on something else.

Distance to the clicks, edges (watershed of markers, Meyer, 1992) and colours (GrabCut) have a vote
each: any of them alone fails more often.
"""

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB
from inference.engines import grabcut
from inference.engines.grabcut import Bools

Place: TypeAlias = tuple[int, int]
"""Row and column."""

_WANTED, _UNWANTED, _OUTSIDE = 1, 2, 3
_ON_A_LINE = -1
_SMOOTHNESS = 2.0


def divide(
    rgb: RGB, inside: Bools, wanted: Sequence[Place], unwanted: Sequence[Place], radius: float
) -> Bools:
    """Return the part (H, W) of a selection that belongs to `wanted`; neither may be empty.

    Discs of `radius` around the clicks are certain.
    """
    nearer = _distance(inside, wanted) < _distance(inside, unwanted)
    votes = (
        nearer.astype(np.uint8)
        + _by_edges(rgb, inside, wanted, unwanted, radius)
        + _by_colours(rgb, inside, nearer, wanted, unwanted, radius)
    )
    kept: Bools = inside & (votes >= 2)
    return kept


def _distance(inside: Bools, places: Sequence[Place]) -> NDArray[np.float32]:
    elsewhere = np.ones(inside.shape, np.uint8)
    elsewhere[tuple(np.transpose(places))] = 0
    distance = cv2.distanceTransform(elsewhere, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, np.float32)


def _by_edges(
    rgb: RGB, inside: Bools, wanted: Sequence[Place], unwanted: Sequence[Place], radius: float
) -> Bools:
    markers = np.zeros(inside.shape, np.int32)
    for places, label in ((unwanted, _UNWANTED), (wanted, _WANTED)):
        for row, column in places:
            cv2.circle(markers, (column, row), max(1, round(radius)), label, thickness=-1)
    markers[~inside] = _OUTSIDE
    cv2.watershed(cv2.GaussianBlur(rgb, (0, 0), _SMOOTHNESS), markers)
    kept: Bools = (markers == _WANTED) | (markers == _ON_A_LINE)
    return kept


def _by_colours(
    rgb: RGB,
    inside: Bools,
    nearer: Bools,
    wanted: Sequence[Place],
    unwanted: Sequence[Place],
    radius: float,
) -> Bools:
    """Return what GrabCut connects with the wanted clicks, the nearer part as its first guess."""
    trimap = np.where(nearer, grabcut.MAYBE_INSIDE, grabcut.MAYBE_OUTSIDE)
    trimap[~inside] = grabcut.OUTSIDE
    for places, value in ((wanted, grabcut.INSIDE), (unwanted, grabcut.OUTSIDE)):
        for row, column in places:
            grabcut.draw_disc(trimap, column, row, radius, value)
    separated = grabcut.separate(rgb, trimap) & inside
    _, parts = cv2.connectedComponents(separated.astype(np.uint8))
    held = {int(parts[place]) for place in wanted} - {0}
    return np.isin(parts, list(held))
