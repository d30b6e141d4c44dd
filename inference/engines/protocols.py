"""The three things an engine can do, one method each. Implementations are safe to share by threads.

All raise `EngineFailed` when the network cannot be run, and never change the arrays they are given.
"""

from typing import Protocol

from inference.arrays import RGB, Mask, Matte, Prompts
from inference.timing import Clock


class MattingEngine(Protocol):
    """Separates the salient foreground from the background."""

    @property
    def name(self) -> str: ...

    @property
    def input_side(self) -> int:
        """Pictures are shrunk to this many pixels a side before the network sees them."""
        ...

    def matte(self, rgb: RGB, clock: Clock | None = None) -> Matte:
        """Return a matte of the whole picture at the engine's own resolution.

        The (h, w) of the result is the engine's choice and need not have the picture's aspect
        ratio: it covers the picture edge to edge, and `edges` brings it to the size wanted (one
        resize to the final size, instead of one here and another one later). The pure network
        time is added to `clock` as "network".
        """
        ...


class SegmentationEngine(Protocol):
    """Finds the object a user points at."""

    @property
    def name(self) -> str: ...

    def segment(self, rgb: RGB, prompts: Prompts, clock: Clock | None = None) -> Mask:
        """Return a mask with the picture's own height and width, its edge about a pixel soft.

        Prompts are in pixels of `rgb` and inside it. Nothing found is a mask of zeros, no error.
        The pure network time is added to `clock` as "network", all other work as "prepare".
        """
        ...


class InpaintingEngine(Protocol):
    """Fills a hole with what might have been behind it."""

    @property
    def name(self) -> str: ...

    @property
    def work_side(self) -> int:
        """Pictures are to be shrunk to this many pixels a side first; larger ones are slow or blurred."""
        ...

    def inpaint(self, rgb: RGB, mask: Mask, clock: Clock | None = None) -> RGB:
        """Return the picture with everything at mask >= 128 replaced, the rest untouched.

        `mask` has the picture's height and width. What the picture shows under it has no influence.
        """
        ...
