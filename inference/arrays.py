"""The array types and conventions every engine and pipeline keeps to, and the prompts of a user.

Rows come first: an array of a picture W wide and H high has the shape (H, W, ...). Colours are
RGB, never BGR. All pictures are upright: EXIF orientation has been applied.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

RGB: TypeAlias = NDArray[np.uint8]
"""(H, W, 3), 0..255."""

RGBA: TypeAlias = NDArray[np.uint8]
"""(H, W, 4), 0..255, alpha last and not premultiplied."""

Alpha: TypeAlias = NDArray[np.uint8]
"""(H, W), 0 transparent .. 255 opaque."""

Mask: TypeAlias = NDArray[np.uint8]
"""(H, W), 0 outside .. 255 inside (background removal: 255 = foreground)."""

Matte: TypeAlias = NDArray[np.float32]
"""(H, W), 0.0 background .. 1.0 foreground, finite."""

Size: TypeAlias = tuple[int, int]
"""(width, height) in pixels."""

Quality: TypeAlias = Literal["fast", "best", "auto"]
Edges: TypeAlias = Literal["fast", "fine"]
Precision: TypeAlias = Literal["fp32", "bf16", "int8"]
"""What a network computes with. Its inputs and outputs are 32-bit floats in any case."""


@dataclass(frozen=True, slots=True)
class Point:
    """A click in pixels of the upright picture; not foreground means "leave this out"."""

    x: float
    y: float
    is_foreground: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright picture, left < right and top < bottom."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Prompts:
    """What the user pointed at: clicks, a box, or both; at least one of them."""

    points: tuple[Point, ...] = ()
    box: Box | None = None
