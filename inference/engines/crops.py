"""What a matting network makes of parts of a picture, remembered so that more clicks cost less."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from inference.arrays import RGB, Box, Matte, Size
from inference.engines.protocols import MattingEngine
from inference.resampling import resize
from inference.timing import Clock

_REMEMBERED = 64
"""Mattes, 400 KiB each from a network of 320 pixels a side."""


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
    """Safe to share by threads; two of them may compute the same matte, and agree on it."""

    def __init__(self) -> None:
        self._mattes: OrderedDict[tuple[str, bytes], Matte] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, engine: MattingEngine, rgb: RGB, rect: Rect, clock: Clock) -> Matte:
        """Return the matte of one part of the picture at the engine's own resolution."""
        with clock.measure("prepare"):
            # What the network would see of it anyway, so equal keys mean equal answers.
            small = resize(rgb[rect.slices], (engine.input_side, engine.input_side))
            key = engine.name, hashlib.blake2b(small.tobytes()).digest()
        with self._lock:
            matte = self._mattes.get(key)
        if matte is None:
            matte = engine.matte(small, clock)
        with self._lock:
            self._mattes[key] = matte
            self._mattes.move_to_end(key)
            if len(self._mattes) > _REMEMBERED:
                self._mattes.popitem(last=False)
        return matte
