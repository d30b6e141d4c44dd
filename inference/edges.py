"""A network's low-resolution matte -> a mask of the picture's size.

`upsample` is fast; `refine` pulls the edge to the colours of the picture.
"""

from typing import TypeAlias, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Mask, Matte, Size
from inference.resampling import resize

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
F = TypeVar("F", np.float32, np.float64)

_RADIUS_SHARE = 0.01
_STRIP_SHARE = 0.05
_EPSILON = 1e-5 * 255**2
_SUBSAMPLE = 4
_STRIP = 32
"""Rows of the small picture that are worked on at a time: bounds memory and keeps it in the cache."""
_BAND_LOW, _BAND_HIGH = 0.02, 0.98
_FAINTEST = 0.5
"""Of the one pixel that is in the window or not; rounding leaves less than that."""
_SMALLEST_SIDE = 16


def upsample(matte: Matte, size: Size) -> Mask:
    """Bring a matte to `size` (width, height) bilinearly: (H, W) uint8.

    Rounding to 8 bits comes first: it is 14 times faster at 12 Mpixel, and both roundings together
    are at most one level off.
    """
    return resize(to_mask(matte), size)


def to_mask(matte: Matte) -> Mask:
    """Round 0.0..1.0 to 0..255."""
    return (matte * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def refine(matte: Matte, picture: RGB, size: Size) -> Mask:
    """Like `upsample`, with the edge moved to where the colours of `picture` change.

    Fast guided filter (He and Sun, 2015, arXiv 1505.00996) with the colour picture as guide (He,
    Sun and Tang, Guided Image Filtering, 2013, eq. 19), radius 1 % of the longest side, epsilon
    1e-5 on a 0..1 scale, subsampled by 4. Only a band around the edge takes the filtered values:
    elsewhere they would let the picture's texture through.
    """
    mask = upsample(matte, size)
    if min(size) < _SMALLEST_SIDE:
        return mask
    small_size = -(-size[0] // _SUBSAMPLE), -(-size[1] // _SUBSAMPLE)
    radius = _radius(small_size)
    small_matte = resize(matte, small_size)
    band = _edge_band(small_matte, radius)
    if not band.any():
        return mask
    guide = resize(picture, size)
    small_guide = resize(picture, small_size).astype(np.float64)
    planes = _coefficients(small_guide, small_matte.astype(np.float64) * 255, radius)
    for top in range(0, small_size[1], _STRIP):
        if band[top : top + _STRIP].any():
            _filter_strip(mask, guide, planes, band, top)
    return mask


def _radius(size: Size) -> int:
    """Return 1 % of the longest side, but no more than a strip of a picture is high."""
    return max(1, round(min(_RADIUS_SHARE * max(size), _STRIP_SHARE * min(size))))


def _edge_band(matte: Matte, radius: int) -> Floats:
    """Weigh the surroundings of the edge: 1.0 near it, fading to 0.0 at twice the radius."""
    is_edge = (matte > _BAND_LOW) & (matte < _BAND_HIGH)
    # A matte that jumps from 0 to 1 has no value between, but it has an edge.
    is_edge |= cv2.morphologyEx(matte, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > _BAND_HIGH
    side = (2 * radius + 1, 2 * radius + 1)
    # A box mean grows the band like a dilation, at a cost that does not depend on the radius.
    is_near = _mean(is_edge.astype(np.float32), side) > _FAINTEST / side[0] ** 2
    return _mean(is_near.astype(np.float32), side)


def _coefficients(guide: Doubles, matte: Doubles, radius: int) -> Floats:
    """Fit matte = a . colour + b around each pixel; (h, w, 4): a for R, G, B, then b. Scale 0..255.

    In float64: colours are so correlated that in float32 nothing is left of the determinant.
    """
    side = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_matte = _mean(guide, side), _mean(matte, side)
    covariance = _mean(guide * matte[..., None], side) - mean_guide * mean_matte[..., None]
    slope = _solve(_variances(guide, mean_guide, side), covariance)
    offset = mean_matte - (slope * mean_guide).sum(axis=2)
    return _mean(np.dstack([slope, offset]), side).astype(np.float32)


def _variances(guide: Doubles, mean: Doubles, side: Size) -> list[Doubles]:
    """Return the covariances RR, RG, RB, GG, GB, BB around each pixel, (h, w) each."""
    red, green, blue = (guide[..., channel] for channel in range(3))
    squares = np.dstack([red * red, green * green, blue * blue])
    crossed = np.dstack([red * green, red * blue, green * blue])
    variance = _mean(squares, side) - mean * mean + _EPSILON
    mixed = _mean(crossed, side) - mean[..., [0, 0, 1]] * mean[..., [1, 2, 2]]
    rr, gg, bb = (variance[..., channel] for channel in range(3))
    rg, rb, gb = (mixed[..., channel] for channel in range(3))
    return [rr, rg, rb, gg, gb, bb]


def _solve(variances: list[Doubles], covariance: Doubles) -> Doubles:
    """Solve the symmetric 3x3 system of every pixel by Cramer's rule; (h, w, 3)."""
    rr, rg, rb, gg, gb, bb = variances
    # The adjugate is symmetric too: its six different entries.
    c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = rr * c00 + rg * c01 + rb * c02
    x, y, z = (covariance[..., channel] for channel in range(3))
    solved = np.dstack(
        [c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z]
    )
    return solved / determinant[..., None]


def _filter_strip(
    mask: Mask, guide: NDArray[np.uint8], planes: Floats, band: Floats, top: int
) -> None:
    """Blend the filtered values into the rows of `mask` that belong to one strip."""
    rows = slice(top * _SUBSAMPLE, (top + _STRIP) * _SUBSAMPLE)
    colours, target = guide[rows], mask[rows]
    fitted = _enlarge_rows(planes, top, target.shape)
    weight = _enlarge_rows(band, top, target.shape)
    filtered = fitted[..., 3]
    for channel in range(3):
        filtered += fitted[..., channel] * colours[..., channel]
    blended = target + weight * (np.clip(filtered, 0, 255) - target)
    target[...] = (blended + np.float32(0.5)).astype(np.uint8)


def _enlarge_rows(plane: Floats, top: int, shape: tuple[int, ...]) -> Floats:
    """Enlarge one strip with a row of its neighbours on either side, so that no seam shows."""
    above = min(top, 1)
    strip = plane[top - above : top + _STRIP + 1]
    enlarged = resize(strip, (strip.shape[1] * _SUBSAMPLE, strip.shape[0] * _SUBSAMPLE))
    start = above * _SUBSAMPLE
    return enlarged[start : start + shape[0], : shape[1]]


def _mean(plane: NDArray[F], side: Size) -> NDArray[F]:
    return cast(NDArray[F], cv2.blur(plane, side))
