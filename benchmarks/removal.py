"""What object removal costs at the service: JPEGs of 2 and 12 megapixels, 5 % of them to go.

The peer is OpenCV's Telea inpainting of the same decoded picture, in this process and without any
HTTP: the quickest there is, and one that smears.
"""

import io
import time
from statistics import median

import cv2
import httpx
import numpy as np
from PIL import Image

from benchmarks.photographs import photograph
from benchmarks.product import Product, running
from benchmarks.requests import timings_of

FIGURES = (
    "remove_1080p_ms",
    "remove_12mp_ms",
    "remove_1080p_over_telea",
    "remove_12mp_over_telea",
)
_SIZES = {"1080p": (1920, 1080), "12mp": (4000, 3000)}
_WARM_UP, _RUNS = 1, 7
_RADIUS = 5


def measure() -> dict[str, float]:
    figures: dict[str, float] = {}
    with running() as product, httpx.Client(timeout=120) as client:
        for name, size in _SIZES.items():
            photo, mask = photograph(*size), ellipse_of_5_percent(*size)
            runs = [_remove(client, product, photo, mask) for _ in range(_WARM_UP + _RUNS)]
            telea = [_telea(photo, mask) for _ in range(3)]
            runs = runs[_WARM_UP:]
            print(f"\nobject removal, {name} JPEG, {len(runs)} requests: medians in ms")
            for stage in runs[0]:
                print(f"  {stage:12} {median(run[stage] for run in runs):8.1f}")
            print(f"  {'Telea alone':12} {median(telea):8.1f}")
            took = median(run["request"] for run in runs)
            figures |= {
                f"remove_{name}_ms": took,
                f"remove_{name}_over_telea": took / median(telea),
            }
    return figures


def ellipse_of_5_percent(width: int, height: int) -> bytes:
    """A mask of one hole, in the lower left of the picture, as PNG."""
    y, x = np.ogrid[:height, :width]
    radius = (0.05 * width * height / np.pi) ** 0.5
    hole = np.hypot((x - width * 0.3) / 1.2, (y - height * 0.6) * 1.2) < radius
    buffer = io.BytesIO()
    Image.fromarray(np.where(hole, 255, 0).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _remove(client: httpx.Client, product: Product, photo: bytes, mask: bytes) -> dict[str, float]:
    started = time.perf_counter()
    response = client.post(
        f"{product.url}/v1/services/object-removal",
        headers={"Authorization": f"Bearer {product.api_key}"},
        files={"image": ("photo.jpg", photo), "mask": ("mask.png", mask)},
    )
    took_ms = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return timings_of(response) | {"request": took_ms}


def _telea(photo: bytes, mask: bytes) -> float:
    picture = np.asarray(Image.open(io.BytesIO(photo)))
    hole = np.asarray(Image.open(io.BytesIO(mask)))
    started = time.perf_counter()
    cv2.inpaint(picture, hole, _RADIUS, cv2.INPAINT_TELEA)
    return (time.perf_counter() - started) * 1000
