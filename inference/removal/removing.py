"""Object removal in full resolution: the engine fills a small picture, and detail is added back.

Engines work at some 512 pixels a side. Each region of interest is shrunk to that size, filled, and
enlarged; the fine detail that enlarging cannot bring is copied from the surroundings (`detail`).
Only pixels at mask >= 128 change, by not a bit elsewhere, and what they showed has no influence.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Alpha, Mask, Size
from inference.engines.protocols import InpaintingEngine
from inference.errors import InferenceError
from inference.removal import detail, matching, regions
from inference.removal.detail import Shrunk
from inference.removal.matching import Indices
from inference.removal.regions import Rectangle, Region
from inference.resampling import bounded
from inference.timing import Clock

MOST_COVERED = 0.9
_FAINTEST = 12
"""Of 255, about 5 %: what is fainter nobody sees, and its colours are often no more than noise."""
_HALO, _LEAST_HALO = 0.012, 3
# Bounds the memory of a large hole.
_PIXELS_AT_ONCE = 2**18


class NothingToRemove(InferenceError):
    """The mask selects no pixel."""

    def __init__(self) -> None:
        super().__init__("The mask marks nothing to remove: no pixel of it is 128 or brighter.")


class HoleTooLarge(InferenceError):
    """The mask leaves too little of the picture to fill the rest from."""

    def __init__(self) -> None:
        super().__init__(
            f"The mask covers more than {MOST_COVERED:.0%} of the picture; too little is left of it."
        )


class NothingAround(InferenceError):
    """What is to be removed can be seen, and nothing around it can."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing of the picture can be seen around what is to be removed; there is nothing"
            " to fill it from."
        )


def remove(
    rgb: RGB,
    mask: Mask,
    engine: InpaintingEngine,
    clock: Clock | None = None,
    alpha: Alpha | None = None,
) -> RGB:
    """Return a copy of the picture with everything at mask >= 128 replaced by `engine`.

    `mask` and `alpha` have the picture's height and width. Where `alpha` is at most 12, colours
    have no influence. What fills a picture without colour has none. Raises NothingToRemove,
    HoleTooLarge, NothingAround and EngineFailed. Time is added to `clock` as "network", "detail"
    and "prepare".
    """
    clock = clock or Clock()
    with clock.measure("prepare"):
        hole = np.asarray(cv2.threshold(mask, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
        covered = cv2.countNonZero(hole)
        if not covered:
            raise NothingToRemove
        if covered > MOST_COVERED * hole.size:
            raise HoleTooLarge
        is_hidden = None if alpha is None else alpha <= _FAINTEST
        hidden = None if is_hidden is None or not is_hidden.any() else _where(is_hidden)
        found = regions.find(hole, engine.work_side)
    result = rgb.copy()
    for region in found:
        _fill(result, rgb, (hole, hidden), region, engine, clock)
    return result


def grow(mask: Mask) -> Mask:
    """Grow a mask made from prompts by 1.2 % of the picture's width, at least 3 pixels; 0 or 255.

    A mask that ends at an object's edge leaves its soft border behind, as a halo.
    """
    inside = mask >= 128
    if not inside.any():
        return np.zeros_like(mask)
    reach = max(_LEAST_HALO, _HALO * mask.shape[1])
    left, top, width, height = cv2.boundingRect(inside.view(np.uint8))
    rows = slice(max(top - ceil(reach), 0), top + height + ceil(reach))
    columns = slice(max(left - ceil(reach), 0), left + width + ceil(reach))
    outside = np.logical_not(inside[rows, columns]).view(np.uint8)
    # By distance: its time, unlike a dilation's, does not depend on how far it grows.
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5)
    grown = np.zeros_like(mask)
    grown[rows, columns] = _where(distance <= reach)
    return grown


def _where(condition: NDArray[np.bool_]) -> Mask:
    return np.where(condition, np.uint8(255), np.uint8(0))


def _fill(
    result: RGB,
    rgb: RGB,
    masks: tuple[Mask, Mask | None],
    region: Region,
    engine: InpaintingEngine,
    clock: Clock,
) -> None:
    """Write what `engine` makes of a region's own holes into `result`.

    The masks are what is to be filled, and what cannot be seen, if anything.
    """
    with clock.measure("prepare"):
        window, hole = (each[region.window.slices] for each in (rgb, masks[0]))
        hidden = None if masks[1] is None else masks[1][region.window.slices]
        own = region.holes.within(region.window)
        full_size = hole.shape[1], hole.shape[0]
        small, touched = _shrunk(window, hole, hidden, bounded(full_size, engine.work_side))
    if hidden is not None and small.hole.all() and _is_seen(hole, hidden, own):
        raise NothingAround
    filled = _filled(small, engine, clock)
    with clock.measure("detail"):
        is_shrunk = small.hole.shape != hole.shape
        match = matching.best_matches(filled, small.touched, touched) if is_shrunk else None
        target = result[region.window.slices]
        for wanted in _bands(hole, own):
            target[wanted] = (
                detail.enlarge(window, small, filled, match, wanted)
                if is_shrunk
                else filled[wanted]
            )


def _shrunk(
    window: RGB, hole: Mask, hidden: Mask | None, size: Size
) -> tuple[Shrunk, NDArray[np.bool_]]:
    """Return what is seen around a hole, in small, and where any of the hole is (h, w)."""
    if hidden is None:
        small = detail.shrink(window, hole, size)
        return small, small.touched
    unknown = np.asarray(cv2.bitwise_or(hole, hidden), np.uint8)
    small = detail.shrink(window, unknown, size)
    touched = detail.touched(hole, size)
    return _continued(small, touched), touched


def _is_seen(hole: Mask, hidden: Mask, own: Rectangle) -> bool:
    return bool(((hole > 0) & (hidden == 0))[own.slices].any())


def _filled(small: Shrunk, engine: InpaintingEngine, clock: Clock) -> RGB:
    """Return the picture with its hole filled, without colour where nothing around has any."""
    is_known = small.hole == 0
    if is_known.all() or not is_known.any():
        return small.rgb
    filled = engine.inpaint(small.rgb, small.hole, clock)
    known = small.rgb[is_known]
    if (known != known[:, :1]).any():
        return filled
    # Networks learned from colour photographs, and leave a tint.
    grey = cv2.cvtColor(filled, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _continued(small: Shrunk, wanted: NDArray[np.bool_]) -> Shrunk:
    """Return the picture with the nearest known colours where it is unknown and nothing is wanted.

    An engine would have to invent all that a cut-out has around it, and fills its hole with that.
    """
    known = small.hole == 0
    others = ~known & ~wanted
    if not others.any() or not known.any():
        return small
    _, labels = cv2.distanceTransformWithLabels(
        small.hole, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colours[labels[known]] = small.rgb[known]
    rgb, hole = small.rgb.copy(), small.hole.copy()
    rgb[others], hole[others] = colours[labels[others]], 0
    return replace(small, rgb=rgb, hole=hole)


def _bands(hole: Mask, part: Rectangle) -> Iterator[tuple[Indices, Indices]]:
    """Yield (rows, columns) of the hole's pixels in a part, not too many at once."""
    width = min(part.width, _PIXELS_AT_ONCE)
    height = _PIXELS_AT_ONCE // width
    for top in range(part.top, part.bottom, height):
        for left in range(part.left, part.right, width):
            bottom, right = min(top + height, part.bottom), min(left + width, part.right)
            rows, columns = hole[top:bottom, left:right].nonzero()
            if len(rows):
                yield rows + top, columns + left
