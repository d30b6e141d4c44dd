"""The object's own colours at its soft edges, where the picture shows them mixed with the background.

Fast Multi-Level Foreground Estimation (Germer, Uelwer, Conrad and Harmeling, 2020, arXiv
2006.14970): a pixel is alpha * front + (1 - alpha) * back, and both layers are smooth, most of all
where alpha changes. Solved from a picture of a few pixels up to the full size, each size starting
from the one below. Three things differ from the paper. Only soft pixels (alpha 1..254) are solved,
which makes it fast: where the object is opaque the front is the picture, where it is absent the
back is, and the other layer has no say there. Sizes are halved by averaging, which keeps the
equation true and the noise low, where the paper picks every second pixel. Pixels are updated in
the two colours of a chess board, so that many can be at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, RGBA, Alpha

Floats: TypeAlias = NDArray[np.float32]
Places: TypeAlias = NDArray[np.intp]
"""(N,), indices of pixels in a picture read row by row."""
Packed: TypeAlias = NDArray[np.uint32]
"""RGBA pixels as one number each, which is picked faster than four bytes are."""

_SMOOTHNESS = np.float32(1e-5)
"""Pull of a neighbour where alpha does not change. This and the next three are the paper's."""
_SMALL_SIDE, _SMALL_ROUNDS, _ROUNDS = 32, 10, 2
_COARSEST = 16
"""Pixels of the longer side. From half of that on, colours came no nearer."""
_MANY = 50_000
"""With more soft pixels than that, a size only fits the layers from below to its own pixels: what
is soft over so large an area is smooth, and the sizes below have settled its colours."""
_STRIP = 64
"""Rows, or more in narrow pictures."""
_CHUNK = 1 << 15
"""Pixels worked on at a time: bounds memory and keeps it in the cache."""


@dataclass(frozen=True, slots=True)
class _Layers:
    """The colours of front and back, (H, W, 4) each; alpha is that of the picture in both."""

    front: RGBA
    back: RGBA


@dataclass(frozen=True, slots=True)
class _Pixels:
    """Some soft pixels, (N,) each: where they are, and `shown`, what the picture has there."""

    places: Places
    x: Places
    y: Places
    shown: Packed


def estimate(rgb: RGB, alpha: Alpha) -> RGB:
    """Return the colours of the object alone, (H, W, 3): `rgb` where alpha is 255, black where 0.

    An `alpha` (H, W) that reaches neither of them will do: a colour is then shared out between an
    object and a background of which nothing else is known.
    """
    rgba = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False)
    rgba[..., 3] = alpha
    purify(rgba)
    empty(rgba)
    return cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB).astype(np.uint8, copy=False)


def purify(rgba: RGBA) -> None:
    """Give the soft pixels of a C-contiguous picture the colours of its object, in place."""
    rows = np.flatnonzero(_softness(rgba).any(axis=1))
    if not rows.size:
        return
    pictures = [rgba[max(rows[0] - 1, 0) : rows[-1] + 2]]
    while max(pictures[-1].shape[:2]) > _COARSEST:
        pictures.append(_halved(pictures[-1]))
    layers = _constant_layers(pictures[-1])
    while pictures:
        picture = pictures.pop()
        layers = _solve(picture, layers, is_last=not pictures)


def empty(rgba: RGBA) -> None:
    """Blacken what is fully transparent in a C-contiguous picture, in place."""
    packed = _packed(rgba)
    # Picking those pixels takes five times as long where they lie scattered.
    np.multiply(packed, rgba[..., 3].ravel() != 0, out=packed)


def _halved(rgba: RGBA) -> RGBA:
    height, width = rgba.shape[:2]
    odd_rows, odd_columns = height % 2, width % 2
    even: NDArray[Any] = rgba
    if odd_rows or odd_columns:
        even = cv2.copyMakeBorder(rgba, 0, odd_rows, 0, odd_columns, cv2.BORDER_REPLICATE)
    size = (width + odd_columns) // 2, (height + odd_rows) // 2
    return cv2.resize(even, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _constant_layers(rgba: RGBA) -> _Layers:
    """Return layers of half the size, each in the mean colour of the pixels that show it best."""
    colours = rgba[..., :3].reshape(-1, 3).astype(np.float64)
    alpha = rgba[..., 3].ravel() / 255
    front, back = _halved(rgba), _halved(rgba)
    for layer, share in (front, alpha), (back, 1 - alpha):
        # The fourth power all but ignores mixed pixels, as long as there are others.
        layer[..., :3] = np.average(colours, axis=0, weights=share**4 + 1e-9) + 0.5
    return _Layers(front, back)


def _solve(picture: RGBA, below: _Layers, is_last: bool) -> _Layers:
    """Return the layers of one size, from those of half of it. The front is `picture` itself.

    Of the last one nothing but the front is needed.
    """
    is_soft = _softness(picture)
    if np.count_nonzero(is_soft) > _MANY:
        layers = _Layers(picture, picture if is_last else picture.copy())
        width = picture.shape[1]
        height = max(_STRIP, _CHUNK // width)
        for top in range(0, len(picture), height):
            places = np.flatnonzero(is_soft[top : top + height]) + top * width
            for pixels in _pixels(picture, places):
                _fit(layers, pixels, below)
        return layers
    layers = _Layers(picture, picture.copy())
    places = np.flatnonzero(is_soft)
    is_dark = (places // picture.shape[1] + places % picture.shape[1]) % 2 == 1
    board = [*_pixels(picture, places[is_dark]), *_pixels(picture, places[~is_dark])]
    for pixels in board:
        _inherit(layers, pixels, below)
    for _ in range(_SMALL_ROUNDS if max(picture.shape[:2]) <= _SMALL_SIDE else _ROUNDS):
        for pixels in board:
            _relax(layers, pixels)
    return layers


def _pixels(picture: RGBA, places: Places) -> Iterator[_Pixels]:
    for start in range(0, len(places), _CHUNK):
        chunk = places[start : start + _CHUNK]
        y, x = np.divmod(chunk, picture.shape[1])
        yield _Pixels(chunk, x, y, _packed(picture)[chunk])


def _inherit(layers: _Layers, pixels: _Pixels, below: _Layers) -> None:
    """Start with the colours that the layers have at half the size."""
    parents = _parents(pixels, below)
    _store(layers.front, pixels, _planes(below.front, parents)[:3])
    _store(layers.back, pixels, _planes(below.back, parents)[:3])


def _fit(layers: _Layers, pixels: _Pixels, below: _Layers) -> None:
    """Solve each pixel for both layers, held to the colours that they have at half the size."""
    parents = _parents(pixels, below)
    front, back = _planes(below.front, parents)[:3], _planes(below.back, parents)[:3]
    even = np.full(len(parents), _SMOOTHNESS)
    front, back = _settled(pixels, (front, even), (back, even))
    _store(layers.front, pixels, front)
    if layers.back is not layers.front:
        _store(layers.back, pixels, back)


def _relax(layers: _Layers, pixels: _Pixels) -> None:
    """Solve each pixel for both layers, held to the colours of its neighbours as they are."""
    alpha = _unpacked(pixels.shown)[3]
    front, back = (np.zeros((3, alpha.size), np.float32) for _ in range(2))
    front_pull, back_pull = (np.zeros(alpha.size, np.float32) for _ in range(2))
    for places in _neighbours(pixels, layers.front):
        front_there, back_there = _planes(layers.front, places), _planes(layers.back, places)
        alpha_there = front_there[3]
        pull = _SMOOTHNESS + np.abs(alpha - alpha_there) / np.float32(255)
        # Where a layer is not to be seen at all, its colour is nothing to follow.
        pull_to_front, pull_to_back = pull * (alpha_there > 0), pull * (alpha_there < 255)
        front += pull_to_front * front_there[:3]
        back += pull_to_back * back_there[:3]
        front_pull += pull_to_front
        back_pull += pull_to_back
    front /= np.maximum(front_pull, _SMOOTHNESS)
    back /= np.maximum(back_pull, _SMOOTHNESS)
    front, back = _settled(pixels, (front, front_pull), (back, back_pull))
    _store(layers.front, pixels, front)
    _store(layers.back, pixels, back)


def _settled(
    pixels: _Pixels, front: tuple[Floats, Floats], back: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the colours that mix to what is shown and lie nearest to those given.

    Each layer comes as colours (3, N) and the pull (N,) towards them, not both 0: the least
    (alpha f + (1 - alpha) b - shown)^2 + pull_f (f - front)^2 + pull_b (b - back)^2.
    """
    (front_colours, front_pull), (back_colours, back_pull) = front, back
    shown = _unpacked(pixels.shown)
    alpha = shown[3] / np.float32(255)
    rest = 1 - alpha
    missing = shown[:3] - alpha * front_colours - rest * back_colours
    missing /= alpha**2 * back_pull + rest**2 * front_pull + front_pull * back_pull
    return front_colours + alpha * back_pull * missing, back_colours + rest * front_pull * missing


def _parents(pixels: _Pixels, below: _Layers) -> Places:
    parents: Places = pixels.y // 2 * below.front.shape[1] + pixels.x // 2
    return parents


def _neighbours(pixels: _Pixels, picture: RGBA) -> tuple[Places, ...]:
    """Left, right, above, below; at the frame a pixel is its own neighbour."""
    height, width = picture.shape[:2]
    return (
        pixels.places - (pixels.x > 0),
        pixels.places + (pixels.x < width - 1),
        pixels.places - width * (pixels.y > 0),
        pixels.places + width * (pixels.y < height - 1),
    )


def _store(layer: RGBA, pixels: _Pixels, colours: Floats) -> None:
    rgba = pixels.shown.copy().view(np.uint8).reshape(-1, 4)
    rgba[:, :3] = (np.clip(colours, 0, 255) + np.float32(0.5)).T
    _packed(layer)[pixels.places] = rgba.view(np.uint32).ravel()


def _planes(picture: RGBA, places: Places) -> Floats:
    return _unpacked(_packed(picture)[places])


def _unpacked(pixels: Packed) -> Floats:
    """(N,) pixels -> (4, N)."""
    return pixels.view(np.uint8).reshape(-1, 4).T.astype(np.float32)


def _packed(picture: RGBA) -> Packed:
    """View a contiguous picture as a row of pixels."""
    return picture.view(np.uint32).reshape(-1)


def _softness(rgba: RGBA) -> NDArray[np.bool_]:
    # 1..254 become 0..253; 0 wraps around to 255.
    alpha = cv2.extractChannel(rgba, 3).astype(np.uint8, copy=False)
    return alpha - np.uint8(1) < 254
