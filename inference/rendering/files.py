"""Pixels -> a file of the format asked for.

Chosen by measurement, on the cut-out of a 1080p photograph. WebP of colours is lossy with lossless
alpha: 75 ms and 230 KiB at 42 dB, where lossless took 146 ms and 650 KiB; methods above 0 save
half of that again but take twice as long. A matte as WebP is lossless. GIF: the octree's palette
took 21 ms, the median cut's 173 ms for 1 dB more. TIFF: LZW over differences made 1.3 MiB in
40 ms, without them 2.7 MiB in 38 ms, and deflate 1.1 MiB in 125 ms.
"""

import io
import zipfile
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import encoding
from inference.arrays import RGB, RGBA, Alpha
from inference.encoding import SideTooLong
from inference.rendering.backgrounds import WHITE, on_colour
from inference.rendering.errors import FormatTooSmall

__all__ = ["MEDIA_TYPES", "FormatTooSmall", "encode", "flattened", "pack"]

MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "zip": "application/zip",
}
JPEG_QUALITY = 95
_WEBP_QUALITY = 90
_GIF_MAX_SIDE = 65_535
_PALETTE = 256
_SAMPLES = 10_000
_TIFF_PREDICTOR, _DIFFERENCES = 317, 2


def encode(
    pixels: NDArray[np.uint8],
    kind: str,
    icc_profile: bytes | None,
    jpeg_quality: int = JPEG_QUALITY,
) -> bytes:
    """Encode (H, W), (H, W, 3) or (H, W, 4); only png, webp and tiff take the last.

    The profile is one of colours: it is left out of grey pictures, and of BMP and GIF, which have
    no place for it. Raises FormatTooSmall.
    """
    profile = None if pixels.ndim == 2 else icc_profile
    try:
        match kind:
            case "png":
                return _png(pixels, profile)
            case "jpg":
                return encoding.rgb_to_jpeg(pixels, profile, jpeg_quality)
            case "webp":
                return _webp(pixels, profile)
            case "gif":
                return _gif(pixels)
            case "tiff":
                tags = {_TIFF_PREDICTOR: _DIFFERENCES}
                options = {"compression": "tiff_lzw", "tiffinfo": tags, "icc_profile": profile}
                return _saved(Image.fromarray(pixels), "TIFF", **options)
            case _:
                return _saved(Image.fromarray(pixels), "BMP")
    except SideTooLong as error:
        raise FormatTooSmall(str(error)) from error


def lossless_webp(rgba: RGBA, icc_profile: bytes | None) -> bytes:
    """For what is returned as it is. Raises FormatTooSmall."""
    try:
        return encoding.rgba_to_webp(rgba, icc_profile)
    except SideTooLong as error:
        raise FormatTooSmall(str(error)) from error


def pack(
    colours: RGB, alpha: Alpha, icc_profile: bytes | None, jpeg_quality: int = JPEG_QUALITY
) -> bytes:
    """Return a ZIP of color.jpg and alpha.png, as remove.bg's own clients compose them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("color.jpg", encode(colours, "jpg", icc_profile, jpeg_quality))
        archive.writestr("alpha.png", encoding.mask_to_png(alpha))
    return buffer.getvalue()


def flattened(rgba: NDArray[np.uint8], colour: tuple[int, int, int]) -> RGB:
    """Put a picture with alpha on a plain ground."""
    return on_colour(rgba, (*colour, WHITE[3]))


def _png(pixels: NDArray[np.uint8], icc_profile: bytes | None) -> bytes:
    if pixels.ndim == 2:
        return encoding.mask_to_png(pixels)
    # Says "rgba", but takes the three channels of an opaque picture just as well.
    return encoding.rgba_to_png(pixels, icc_profile)


def _webp(pixels: NDArray[np.uint8], icc_profile: bytes | None) -> bytes:
    if pixels.ndim == 2:
        grey = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
        return encoding.rgb_to_webp_lossless(grey)
    if max(pixels.shape[:2]) > encoding.WEBP_MAX_SIDE:
        raise SideTooLong(f"A WebP file holds at most {encoding.WEBP_MAX_SIDE} pixels a side.")
    options = {"quality": _WEBP_QUALITY, "alpha_quality": 100, "method": 0, "exact": True}
    return _saved(Image.fromarray(pixels), "WEBP", **options, icc_profile=icc_profile)


def _gif(pixels: NDArray[np.uint8]) -> bytes:
    if max(pixels.shape[:2]) > _GIF_MAX_SIDE:
        raise SideTooLong(f"A GIF file holds at most {_GIF_MAX_SIDE} pixels a side.")
    image = Image.fromarray(pixels)
    if pixels.ndim == 2:  # 256 greys are a palette as it is
        return _saved(image, "GIF")
    reduced = image.quantize(_PALETTE, Image.Quantize.FASTOCTREE)
    _set_ground(reduced, pixels)
    return _saved(reduced, "GIF")


def _set_ground(reduced: Image.Image, pixels: RGB) -> None:
    """Give the most frequent entry of a palette the one colour that most of its pixels have.

    The octree has means, rounded down: a white ground would be 254 where its edge is soft.
    """
    indices = np.asarray(reduced).ravel()
    ground = np.bincount(indices, minlength=_PALETTE).argmax()
    places = np.flatnonzero(indices == ground)
    own = pixels.reshape(-1, 3)[places[:: len(places) // _SAMPLES + 1]]
    colours, counts = np.unique(own, axis=0, return_counts=True)
    if 2 * counts.max() > counts.sum():
        palette = reduced.getpalette() or []
        palette[3 * ground : 3 * ground + 3] = colours[counts.argmax()].tolist()
        reduced.putpalette(palette)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(
        buffer, kind, **{name: value for name, value in options.items() if value is not None}
    )
    return buffer.getvalue()
