"""Arrays -> files.

Everything but JPEG is lossless, for the colours under transparent pixels too. PNG is written by
`inference.png`. WebP is written by Pillow with method 1, quality 0: 135 ms and 700 KiB for the
cut-out of a 1080p photograph, where its default took 490 ms for the same size, and OpenCV, which
cannot choose, 460 ms.

An ICC profile is embedded as it came; one that is too large to be read again is left out.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import png
from inference.arrays import RGB, RGBA, Mask

WEBP_MAX_SIDE = 16_383
JPEG_MAX_SIDE = 65_500

_LARGEST_PROFILE = 1 << 20
"""Pillow refuses to open a PNG with a larger one; the profiles of cameras and screens are far
smaller."""


class SideTooLong(ValueError):
    """The format has no room for a picture that is this wide or high."""


def mask_to_png(mask: Mask) -> bytes:
    """Return an 8-bit greyscale PNG of a (H, W) mask."""
    return png.write(mask)


def rgb_to_png(rgb: RGB, icc_profile: bytes | None = None) -> bytes:
    """Return an 8-bit PNG of (H, W, 3)."""
    return png.write(rgb, _fitting(icc_profile))


def rgba_to_png(rgba: RGBA, icc_profile: bytes | None = None) -> bytes:
    """Return an 8-bit PNG with alpha of (H, W, 4)."""
    return png.write(rgba, _fitting(icc_profile))


def rgb_to_webp_lossless(rgb: RGB, icc_profile: bytes | None = None) -> bytes:
    """Return a lossless WebP of (H, W, 3); SideTooLong over WEBP_MAX_SIDE."""
    return _webp(rgb, icc_profile)


def rgba_to_webp(rgba: RGBA, icc_profile: bytes | None = None) -> bytes:
    """Return a lossless WebP with alpha of (H, W, 4); SideTooLong over WEBP_MAX_SIDE."""
    return _webp(rgba, icc_profile)


def rgb_to_jpeg(rgb: RGB, icc_profile: bytes | None = None, quality: int = 95) -> bytes:
    """Return a JPEG of (H, W, 3), colours at full resolution (4:4:4); `quality` is 1..100.

    SideTooLong over JPEG_MAX_SIDE.
    """
    _check_sides(rgb, JPEG_MAX_SIDE, "JPEG")
    profile = _fitting(icc_profile)
    return _saved(rgb, "JPEG", quality=quality, subsampling=0, icc_profile=profile)


def _webp(pixels: NDArray[np.uint8], icc_profile: bytes | None) -> bytes:
    _check_sides(pixels, WEBP_MAX_SIDE, "WebP")
    profile = _fitting(icc_profile)
    return _saved(
        pixels, "WEBP", lossless=True, exact=True, method=1, quality=0, icc_profile=profile
    )


def _fitting(icc_profile: bytes | None) -> bytes | None:
    if icc_profile and len(icc_profile) <= _LARGEST_PROFILE:
        return icc_profile
    return None


def _check_sides(pixels: NDArray[np.uint8], longest: int, name: str) -> None:
    height, width = pixels.shape[:2]
    if max(width, height) > longest:
        raise SideTooLong(f"A {name} file holds at most {longest} pixels a side.")


def _saved(pixels: NDArray[np.uint8], format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return buffer.getvalue()
