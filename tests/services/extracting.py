"""Requests for object extraction, and what they are answered."""

import numpy as np
from PIL import Image

from tests.conftest import EXTRACTION
from tests.pictures import encoded, opened, picture

SIZE = (96, 64)
CLICK = "?points=[[32,32]]"


def mask(width: int = 96, height: int = 64, value: int = 255) -> bytes:
    """A rectangle of `value` in the middle half of a black mask."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[height // 4 : -height // 4, width // 4 : -width // 4] = value
    return encoded(Image.fromarray(pixels))


def noise(width: int = 96, height: int = 64) -> Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def extract(customer, query: str = "", image: bytes | None = None, mask_file: bytes | None = None):
    files = {"image": picture() if image is None else image}
    if mask_file is not None:
        files["mask"] = mask_file
    return customer.send(EXTRACTION, files, query)


def cut_out(customer, query: str = "", image: bytes | None = None, mask_file: bytes | None = None):
    response = extract(customer, query, image, mask_file)
    return opened(customer.download(response.json()["result"]))


def problem(response) -> tuple[int, list[str], str]:
    (detail,) = response.json()["detail"]
    return response.status_code, detail["loc"], detail["type"]
