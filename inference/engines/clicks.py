"""What clicks select, from the saliency of crops of several sizes around each of them.

A click on the object takes the part it hits that looks most like one thing and holds no click on
something else; a click on something else takes away the part it hits, or divides the selection.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Box, Mask, Point, Size
from inference.engines import grabcut, outlines
from inference.engines.crops import Rect
from inference.engines.division import divide
from inference.engines.grabcut import Bools, Trimap
from inference.resampling import bounded, resize
from inference.timing import Clock

_SHARES = (0.3, 0.5, 0.8, 1.3)
"""Sides of the crops around a click, of the longest side of the picture."""
_MOST_LOOKS = 6
"""Clicks that may cost a pass of the network for each crop; more go by colour alone."""
_WORK_SIDE = 640
_FULL = 0.85
_WHOLE = 1.5
"""Score below which a component is too poor to be chosen only because it avoids other clicks."""
_HELD = 0.5
"""What another click on the object adds to the score of a component that holds it."""
_DISC, _NEAR, _FAR = 0.012, 0.12, 0.4
_LARGEST_ADDITION, _LARGEST_REMOVAL = 4.0, 0.7


@dataclass(frozen=True, slots=True)
class _Component:
    """What a click hits in one crop, on the work grid, and how well it looks like one object."""

    inside: Bools
    score: float


class Clicks:
    """One picture and its clicks. Selections are kept on a grid of at most 640 pixels a side."""

    def __init__(
        self, rgb: RGB, matte_of: Callable[[Rect], NDArray[np.float32]], clock: Clock
    ) -> None:
        self._matte_of = matte_of
        self._clock = clock
        self._size: Size = rgb.shape[1], rgb.shape[0]
        self._grid = bounded(self._size, _WORK_SIDE)
        self._looked_at: dict[Point, list[_Component]] = {}
        with clock.measure("prepare"):
            self._small = np.ascontiguousarray(resize(rgb, self._grid))

    def select(self, points: tuple[Point, ...]) -> Mask:
        """Return a mask (H, W) of the whole picture, its edge soft."""
        wanted = [point for point in points if point.is_foreground]
        unwanted = [point for point in points if not point.is_foreground]
        inside = self._first(wanted, unwanted)
        for point in wanted[1:]:
            if not inside[self._at(point)]:
                inside = self._added(inside, point, unwanted)
        for point in unwanted:
            if inside[self._at(point)]:
                inside = self._without_component(inside, point, wanted)
        left = [point for point in unwanted if inside[self._at(point)]]
        if left:
            inside = self._without(inside, left, wanted)
        with self._clock.measure("prepare"):
            share = inside.astype(np.float32)
            for point in (*wanted, *unwanted):
                # A single pixel would be lost where the outline is rounded.
                y, x = self._at(point)
                cv2.circle(share, (x, y), 1, float(point.is_foreground), thickness=-1)
            return outlines.smooth(outlines.enlarge(share, self._size))

    def _first(self, wanted: list[Point], unwanted: list[Point]) -> Bools:
        if not wanted:
            # Only told what it is not: what stands out in the whole picture, less that.
            whole = Rect(0, 0, *self._size)
            inside: Bools = resize(self._matte_of(whole), self._grid) > 0.5
            return inside
        first, others = wanted[0], wanted[1:]
        found = self._best(first, unwanted, others)
        if found is None:
            found = self._best(first, [], others)
        return self._by_colour(first, unwanted) if found is None else found

    def _added(self, inside: Bools, point: Point, unwanted: list[Point]) -> Bools:
        found = self._best(point, unwanted)
        if found is not None and found.sum() < _LARGEST_ADDITION * max(1, inside.sum()):
            return inside | found
        near = self._recoloured(inside, point)
        return inside | _component_at(near, self._at(point))

    def _without_component(self, inside: Bools, point: Point, wanted: list[Point]) -> Bools:
        """Return the selection less what a click hits, if that looks like a part of it."""
        found = self._best(point, wanted)
        if found is None or found.sum() >= _LARGEST_REMOVAL * inside.sum():
            return inside
        return inside & ~found

    def _without(self, inside: Bools, left: list[Point], wanted: list[Point]) -> Bools:
        """Return the selection less what is nearer or more alike to clicks on something else."""
        held = [self._at(point) for point in wanted if inside[self._at(point)]]
        if held:
            with self._clock.measure("prepare"):
                unwanted = [self._at(point) for point in left]
                return divide(self._small, inside, held, unwanted, _DISC * max(self._grid))
        for point in left:
            near = self._recoloured(inside, point)
            inside = inside & ~_component_at(inside & ~near, self._at(point))
        return inside

    def _best(
        self, point: Point, avoided: Sequence[Point], sought: Sequence[Point] = ()
    ) -> Bools | None:
        """Return the component a point hits that looks best, of those without `avoided`, if any."""

        def rank(one: _Component) -> float:
            return one.score + _HELD * sum(bool(one.inside[self._at(other)]) for other in sought)

        apart = [
            one
            for one in self._components(point)
            if not any(one.inside[self._at(other)] for other in avoided)
            and (not avoided or one.score > _WHOLE)
        ]
        best = max(apart, key=rank, default=None)
        return best.inside if best else None

    def _components(self, point: Point) -> list[_Component]:
        """Return what the point hits in crops of several sizes."""
        if point not in self._looked_at:
            if len(self._looked_at) == _MOST_LOOKS:
                return []
            found = [self._component(point, share) for share in _SHARES]
            self._looked_at[point] = [one for one in found if one]
        return self._looked_at[point]

    def _component(self, point: Point, share: float) -> _Component | None:
        half = share * max(self._size) / 2
        square = Box(point.x - half, point.y - half, point.x + half, point.y + half)
        rect = Rect.within(square, self._size)
        matte = self._matte_of(rect)
        with self._clock.measure("prepare"):
            place = self._on_grid(rect)
            matte = resize(matte, place.size)
            y, x = self._at(point)
            at = (
                min(max(y - place.top, 0), matte.shape[0] - 1),
                min(max(x - place.left, 0), matte.shape[1] - 1),
            )
            part = _component_at(matte > 0.5, at)
            if not part.any():
                return None
            score = float(matte[at] + matte[part].mean()) - 2 * _cut_share(part, rect, self._size)
            if part.mean() > _FULL:
                score -= 0.5
            inside = np.zeros(self._grid[::-1], bool)
            inside[place.slices] = part
            return _Component(inside, score)

    def _by_colour(self, point: Point, unwanted: list[Point]) -> Bools:
        """Return what has the colours of a click's surroundings, where no saliency helps."""
        with self._clock.measure("prepare"):
            y, x = self._at(point)
            longest = max(self._grid)
            trimap = np.full(self._grid[::-1], grabcut.OUTSIDE, np.uint8)
            grabcut.draw_disc(trimap, x, y, _FAR * longest, grabcut.MAYBE_OUTSIDE)
            grabcut.draw_disc(trimap, x, y, _NEAR * longest, grabcut.MAYBE_INSIDE)
            self._mark(trimap, point)
            for other in unwanted:
                self._mark(trimap, other)
            return _component_at(grabcut.separate(self._small, trimap), (y, x))

    def _recoloured(self, inside: Bools, point: Point) -> Bools:
        """Return the selection as colours have it around a click, unchanged farther away."""
        with self._clock.measure("prepare"):
            y, x = self._at(point)
            near = np.zeros(inside.shape, np.uint8)
            reach = _NEAR * max(self._grid)
            grabcut.draw_disc(near, x, y, reach, np.uint8(1))
            trimap = np.where(inside, grabcut.INSIDE, grabcut.OUTSIDE)
            guess = np.where(inside, grabcut.MAYBE_INSIDE, grabcut.MAYBE_OUTSIDE)
            trimap = np.where(near > 0, guess, trimap)
            self._mark(trimap, point)
            # Only colours from around it say anything, and fewer pixels take less time.
            around = Box(x - 2 * reach, y - 2 * reach, x + 2 * reach, y + 2 * reach)
            part = Rect.within(around, self._grid).slices
            recoloured = inside.copy()
            colours = np.ascontiguousarray(self._small[part])
            recoloured[part] = grabcut.separate(colours, np.ascontiguousarray(trimap[part]))
            return recoloured

    def _mark(self, trimap: Trimap, point: Point) -> None:
        y, x = self._at(point)
        value = grabcut.INSIDE if point.is_foreground else grabcut.OUTSIDE
        grabcut.draw_disc(trimap, x, y, _DISC * max(self._grid), value)

    def _at(self, point: Point) -> tuple[int, int]:
        """Return the row and the column of a point on the grid."""
        x = min(int(point.x * self._grid[0] / self._size[0]), self._grid[0] - 1)
        y = min(int(point.y * self._grid[1] / self._size[1]), self._grid[1] - 1)
        return y, x

    def _on_grid(self, rect: Rect) -> Rect:
        x, y = self._grid[0] / self._size[0], self._grid[1] / self._size[1]
        sides = (rect.left * x, rect.top * y, rect.right * x, rect.bottom * y)
        return Rect.within(Box(*(float(round(side)) for side in sides)), self._grid)


def _component_at(inside: Bools, at: tuple[int, int]) -> Bools:
    """Return the connected part of a selection that holds a pixel; nothing if it holds none."""
    if not inside[at]:
        return np.zeros_like(inside)
    _, parts = cv2.connectedComponents(inside.astype(np.uint8))
    component: Bools = parts == parts[at]
    return component


def _cut_share(part: Bools, rect: Rect, size: Size) -> float:
    """Return how much of the crop's own edge, the picture's left out, a component reaches."""
    edges = [
        part[:, 0] if rect.left > 0 else None,
        part[:, -1] if rect.right < size[0] else None,
        part[0] if rect.top > 0 else None,
        part[-1] if rect.bottom < size[1] else None,
    ]
    inner = [edge for edge in edges if edge is not None]
    return float(np.concatenate(inner).mean()) if inner else 0.0
