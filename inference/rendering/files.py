"""Pixels -> a file of the format asked for."""

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
from inference.errors import InferenceError

MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "zip": "application/zip",
}
_GIF_MAX_SIDE = 65_535
_PALETTE = 256


class FormatTooSmall(InferenceError):
    """The format has no room for a picture that is this wide or high."""


def encode(pixels: NDArray[np.uint8], kind: str, icc_profile: bytes | None) -> bytes:
    """Encode (H, W), (H, W, 3) or (H, W, 4); only png, webp and tiff take the last.

    Raises FormatTooSmall.
    """
    try:
        return _encode(pixels, kind, icc_profile)
    except SideTooLong as error:
        raise FormatTooSmall(str(error)) from error


def pack(colours: RGB, alpha: Alpha, icc_profile: bytes | None) -> bytes:
    """Return a ZIP of color.jpg and alpha.png, as remove.bg's own clients compose them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("color.jpg", encode(colours, "jpg", icc_profile))
        archive.writestr("alpha.png", encoding.mask_to_png(alpha))
    return buffer.getvalue()


def flattened(rgba: RGBA, colour: tuple[int, int, int]) -> RGB:
    """Put a cut-out on a plain ground."""
    ground = np.empty_like(rgba[..., :3])
    ground[...] = colour
    return over(rgba, ground)


def over(rgba: RGBA, ground: RGB) -> RGB:
    """Put a cut-out on a picture of the same size."""
    alpha = cv2.cvtColor(np.ascontiguousarray(rgba[..., 3]), cv2.COLOR_GRAY2RGB)
    colours = np.ascontiguousarray(rgba[..., :3])
    front = cv2.multiply(colours, alpha, scale=1 / 255)
    back = cv2.multiply(ground, cv2.bitwise_not(alpha), scale=1 / 255)
    return cv2.add(front, back).astype(np.uint8, copy=False)


def _encode(pixels: NDArray[np.uint8], kind: str, icc_profile: bytes | None) -> bytes:
    is_grey = pixels.ndim == 2
    if kind == "png":
        return (
            encoding.mask_to_png(pixels) if is_grey else encoding.rgba_to_png(pixels, icc_profile)
        )
    if kind == "jpg":
        return encoding.rgb_to_jpeg(pixels, None if is_grey else icc_profile)
    if kind == "webp":
        colours = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if is_grey else pixels
        webp: NDArray[Any] = np.ascontiguousarray(colours)
        return encoding.rgba_to_webp(webp, None if is_grey else icc_profile)
    if kind == "gif":
        if max(pixels.shape[:2]) > _GIF_MAX_SIDE:
            raise SideTooLong(f"A GIF file holds at most {_GIF_MAX_SIDE} pixels a side.")
        return _saved(Image.fromarray(pixels).quantize(_PALETTE), "GIF")
    if kind == "tiff":
        return _saved(
            Image.fromarray(pixels), "TIFF", compression="tiff_lzw", icc_profile=icc_profile
        )
    return _saved(Image.fromarray(pixels), "BMP")


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **{name: value for name, value in options.items() if value})
    return buffer.getvalue()
