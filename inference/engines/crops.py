"""What a matting network makes of parts of a picture, remembered so that more clicks cost less."""

import hashlib
from dataclasses import dataclass

import numpy as np

from inference.arrays import RGB, Box, Matte, Point, Size
from inference.engines.protocols import MattingEngine
from inference.engines.remembered import Remembered
from inference.resampling import resize
from inference.timing import Clock

_REMEMBERED_BYTES = 32 * 2**20
"""80 mattes of a network of 320 pixels a side, 8 of one of 1024."""


@dataclass(frozen=True, slots=True)
class Rect:
    """Whole pixels of a picture, never empty."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        return self.right - self.left, self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def inside(self, other: "Rect") -> "Rect":
        """Return the same pixels counted from the first one of a rectangle that holds them."""
        x, y = other.left, other.top
        return Rect(self.left - x, self.top - y, self.right - x, self.bottom - y)

    def holds(self, point: Point) -> bool:
        return self.left <= point.x < self.right and self.top <= point.y < self.bottom

    @classmethod
    def around(cls, box: Box, margin: float, size: Size) -> "Rect":
        """Return the box grown by `margin` of its own size on each side, within the picture."""
        x, y = (box.right - box.left) * margin, (box.bottom - box.top) * margin
        return cls.within(Box(box.left - x, box.top - y, box.right + x, box.bottom + y), size)

    @classmethod
    def within(cls, box: Box, size: Size) -> "Rect":
        """Return the pixels that a box touches, at least one, within the picture."""
        left, top = int(np.floor(box.left)), int(np.floor(box.top))
        left, top = min(max(left, 0), size[0] - 1), min(max(top, 0), size[1] - 1)
        right, bottom = int(np.ceil(box.right)), int(np.ceil(box.bottom))
        return cls(
            left, top, min(max(right, left + 1), size[0]), min(max(bottom, top + 1), size[1])
        )


class CropMattes:
    """Mattes of parts of pictures, the last ones kept. Safe to share by threads."""

    def __init__(self) -> None:
        self._mattes = Remembered[np.float32](_REMEMBERED_BYTES)

    def of(self, engine: MattingEngine, rgb: RGB, rect: Rect, clock: Clock) -> Matte:
        """Return the matte of one part of the picture at the engine's own resolution."""
        with clock.measure("prepare"):
            # What the network would see of it anyway, so equal keys mean equal answers.
            small = resize(rgb[rect.slices], (engine.input_side, engine.input_side))
            key = engine.name, hashlib.blake2b(small.tobytes()).digest()
        return self._mattes.of(key, lambda: engine.matte(small, clock))
