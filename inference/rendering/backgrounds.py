"""What is put behind a cut-out: a colour, half transparent or not, or a picture.

Only soft pixels are mixed. The others, nearly all, are copied, four bytes at once: at 12 Mpixel
that takes a tenth of the time that multiplying everything does.
"""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, RGBA, Size
from inference.resampling import resize

Colour: TypeAlias = tuple[int, int, int, int]
"""Red, green, blue, alpha, 0..255 each."""

WHITE: Colour = (255, 255, 255, 255)
_STRIP = 128
"""Rows mixed at a time: bounds memory and keeps it in the cache."""
_WIDEST_BLUR = 0.03
"""Standard deviation of a blur of 100, as a share of the longest side."""
_LARGEST_KERNEL = 4.0
"""Standard deviation in pixels from which on the picture is shrunk instead."""


def on_colour(rgba: RGBA, colour: Colour) -> RGB:
    """Return a cut-out on a plain ground, which is opaque whatever the colour says.

    Uses up the cut-out, as do the next two, which must be C-contiguous for all three.
    """
    return _without_alpha(on_tint(rgba, (*colour[:3], 255)))


def on_tint(rgba: RGBA, colour: Colour) -> RGBA:
    """Return a cut-out on a ground that may be partly transparent itself."""
    plain = np.array([[colour]], np.uint8)
    for top in range(0, len(rgba), _STRIP):
        _put(rgba[top : top + _STRIP], plain)
    return rgba


def on_picture(rgba: RGBA, ground: RGB) -> RGB:
    """Return a cut-out on an opaque picture of the same size."""
    for top in range(0, len(rgba), _STRIP):
        behind = cv2.cvtColor(ground[top : top + _STRIP], cv2.COLOR_RGB2RGBA)
        _put(rgba[top : top + _STRIP], behind.astype(np.uint8, copy=False))
    return _without_alpha(rgba)


def covering(picture: RGB, size: Size, blur: float) -> RGB:
    """Return a background for a canvas of `size`: covers it, centred, proportions kept.

    One of the same size keeps its pixels. `blur` is 0..100.
    """
    height, width = picture.shape[:2]
    factor = max(size[0] / width, size[1] / height)
    # Cut first: of a strip, a thousand times what is seen might be enlarged otherwise.
    across = min(width, max(1, round(size[0] / factor)))
    down = min(height, max(1, round(size[1] / factor)))
    left, top = (width - across) // 2, (height - down) // 2
    cut = resize(picture[top : top + down, left : left + across], size)
    return _blurred(cut, blur / 100 * _WIDEST_BLUR * max(size)) if blur > 0 else cut


def _put(rgba: RGBA, behind: RGBA) -> None:
    """Put pixels behind others, in place: Porter and Duff's "over". Behind may be (1, 1, 4)."""
    front, back = (part.view(np.uint32).reshape(-1) for part in (rgba, behind))
    # A copy even of a single pixel, which `ravel` would show through what is written next.
    alpha = rgba[..., 3].flatten()
    np.copyto(front, back, where=alpha == 0)
    # 1..254 become 0..253; 0 wraps around to 255.
    places = np.flatnonzero(alpha - np.uint8(1) < 254)
    mixed = _mixed(_unpacked(front[places]), _unpacked(back[places] if back.size > 1 else back))
    front[places] = mixed.view(np.uint32).ravel()


def _mixed(front: NDArray[np.float32], back: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(4, N), 0..255, of which `back` may be (4, 1) -> (N, 4). The front is nowhere transparent."""
    share = front[3] * np.float32(1 / 255)
    rest = (1 - share) * back[3] * np.float32(1 / 255)
    opacity = share + rest
    front[:3] = (front[:3] * share + back[:3] * rest) / opacity
    front[3] = opacity * 255
    return np.ascontiguousarray((front + np.float32(0.5)).T.astype(np.uint8))


def _unpacked(pixels: NDArray[np.uint32]) -> NDArray[np.float32]:
    return pixels.view(np.uint8).reshape(-1, 4).T.astype(np.float32)


def _without_alpha(rgba: RGBA) -> RGB:
    return cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB).astype(np.uint8, copy=False)


def _blurred(picture: RGB, sigma: float) -> RGB:
    """Blur by a standard deviation in pixels; wide ones at a smaller size, where they are quick."""
    height, width = picture.shape[:2]
    reduction = max(1.0, sigma / _LARGEST_KERNEL)
    size = max(1, round(width / reduction)), max(1, round(height / reduction))
    blurred = cv2.GaussianBlur(resize(picture, size), (0, 0), max(sigma / reduction, 0.3))
    return resize(blurred.astype(np.uint8, copy=False), (width, height))
