"""Which parts of a picture to work on: each group of holes with what surrounds it.

An engine sees one region at a time. Holes close to each other share one, because what fills one
must not be taken from another; holes far apart get their own, so that each is seen in as much
detail as the engine's working size allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import Mask

# Every region is one run of a network.
MOST_REGIONS = 4
_LEAST_CONTEXT = 96
_CELL = 32
_REACH = 2 * (_LEAST_CONTEXT // _CELL) - 1
"""Cells, of whatever size."""
_MOST_CLUSTERS = 64


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Pixels left <= x < right and top <= y < bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, outer: "Rectangle") -> "Rectangle":
        """Return the same place, counted from the corner of `outer`."""
        x, y = outer.left, outer.top
        return Rectangle(self.left - x, self.top - y, self.right - x, self.bottom - y)

    def joined(self, other: "Rectangle") -> "Rectangle":
        return Rectangle(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def overlaps(self, other: "Rectangle") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Region:
    """`holes` is the tight rectangle around a group of holes, `window` that with its context.

    The window may also hold parts of other groups: those are unknown there, but not to be filled.
    """

    holes: Rectangle
    window: Rectangle


def find(hole: Mask, work_side: int) -> list[Region]:
    """Return at most `MOST_REGIONS` regions whose `holes` cover all of the hole (0 or 255).

    Windows are squares where the picture is large enough, and not smaller than `work_side`.
    """
    height, width = hole.shape
    groups = _merged_until_apart(list(_clusters(hole)))
    while len(groups) > MOST_REGIONS:
        cheapest = min(combinations(groups, 2), key=_growth)
        rest = [group for group in groups if group not in cheapest]
        groups = _merged_until_apart([*rest, cheapest[0].joined(cheapest[1])])
    return [Region(group, _window(group, width, height, work_side)) for group in groups]


def _clusters(hole: Mask) -> Iterator[Rectangle]:
    """Find tight rectangles around what is connected on a grid of coarse cells.

    Coarse, because a mask may have a million holes; what shares a cell shares its context anyway.
    """
    cells, side = _cells(hole, _CELL), _CELL
    count, labels = _connected(cells)
    # Joining takes the cube of how many there are.
    while count > _MOST_CLUSTERS:
        cells, side = _cells(cells, 2), 2 * side
        count, labels = _connected(cells)
    for label in range(1, count + 1):
        outer = _bounds((labels == label) & (cells > 0))
        left, top, right, bottom = (edge * side for edge in outer)
        inner = _bounds(hole[top:bottom, left:right] > 0)
        yield Rectangle(left + inner[0], top + inner[1], left + inner[2], top + inner[3])


def _cells(mask: Mask, side: int) -> Mask:
    """Return the highest value of each square; those at the right and below may be cut."""
    height, width = mask.shape
    whole = height // side * side
    # `reduceat` alone is simpler, and takes thirty times as long on a picture of 12 Mpixel.
    rows = mask[:whole].reshape(-1, side, width).max(axis=1)
    if whole < height:
        rows = np.concatenate([rows, mask[whole:].max(axis=0, keepdims=True)])
    return np.maximum.reduceat(rows, np.arange(0, width, side), axis=1)


def _connected(cells: Mask) -> tuple[int, NDArray[np.int32]]:
    """Return how many groups of cells are apart from each other, and the group 1.. of each cell.

    Cells nearer to each other than two contexts are one group.
    """
    near = cv2.dilate(cells, np.ones((_REACH, _REACH), np.uint8))
    count, labels = cv2.connectedComponents(near, connectivity=8)
    return count - 1, labels.astype(np.int32, copy=False)


def _bounds(inside: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what is True; some of it must be."""
    columns = np.flatnonzero(inside.any(axis=0))
    rows = np.flatnonzero(inside.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _merged_until_apart(groups: list[Rectangle]) -> list[Rectangle]:
    """Join groups until no two overlap, each seen with its context."""
    apart: list[Rectangle] = []
    while groups:
        group = groups.pop()
        near = next((other for other in apart if _context(group).overlaps(_context(other))), None)
        if near is None:
            apart.append(group)
        else:
            apart.remove(near)
            groups.append(group.joined(near))
    return apart


def _context(group: Rectangle) -> Rectangle:
    """Grow a rectangle on each side by its own size, at least `_LEAST_CONTEXT`."""
    across, down = (max(side, _LEAST_CONTEXT) for side in (group.width, group.height))
    return Rectangle(
        group.left - across, group.top - down, group.right + across, group.bottom + down
    )


def _growth(pair: tuple[Rectangle, Rectangle]) -> int:
    return pair[0].joined(pair[1]).area - pair[0].area - pair[1].area


def _window(group: Rectangle, width: int, height: int, work_side: int) -> Rectangle:
    """Return the square around the group's context, moved into the picture and clipped to it."""
    context = _context(group)
    side = max(context.width, context.height, work_side)
    left, right = _span(context.left + context.right, side, width)
    top, bottom = _span(context.top + context.bottom, side, height)
    return Rectangle(left, top, right, bottom)


def _span(twice_centre: int, length: int, limit: int) -> tuple[int, int]:
    start = max(0, min((twice_centre - length) // 2, limit - length))
    return start, min(start + length, limit)
