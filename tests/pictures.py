"""Pictures drawn by code, encoded as a client would send them."""

import io
from typing import Any

import numpy as np
from PIL import Image


def disc(width: int = 96, height: int = 64) -> Image.Image:
    """A white disc, the subject, left of the middle of a black picture."""
    y, x = np.ogrid[:height, :width]
    inside = (x - width // 3) ** 2 + (y - height // 2) ** 2 < (min(width, height) // 4) ** 2
    return Image.fromarray((inside * 255).astype(np.uint8)).convert("RGB")


def encoded(picture: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def picture(format: str = "PNG", width: int = 96, height: int = 64, **options: Any) -> bytes:
    return encoded(disc(width, height), format, **options)


def lying(width: int = 96, height: int = 64) -> bytes:
    """A JPEG that its EXIF orientation (6) turns upright: height and width are swapped."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("JPEG", width, height, exif=exif, quality=95)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
