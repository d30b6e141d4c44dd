"""What a cut-out costs at the service: by mask and by box, a 1920x1080 JPEG, one client.

The peer of the mask is the shortest script one would write instead, in this process and without
any HTTP: Pillow decodes both, puts the mask in as alpha and saves. It estimates no colours and
leaves the whole background in the file. The peer of the box is the network's own run in the very
same request.
"""

import io
import time
from statistics import median

import httpx
import numpy as np
from PIL import Image

from benchmarks.photographs import photograph
from benchmarks.product import Product, running
from benchmarks.requests import timings_of

FIGURES = (
    "extract_mask_1080p_ms",
    "extract_mask_1080p_over_pillow",
    "extract_box_1080p_ms",
    "extract_box_1080p_over_network_run",
)
_SIZE = (1920, 1080)
_WARM_UP, _RUNS = 2, 20
_BOX = "[420,0,1500,1080]"


def measure() -> dict[str, float]:
    photo, mask = photograph(*_SIZE), soft_ellipse(*_SIZE)
    masks: list[dict[str, float]] = []
    boxes: list[dict[str, float]] = []
    pillow: list[float] = []
    with running() as product, httpx.Client(timeout=60) as client:
        for number in range(_WARM_UP + _RUNS):
            files = {"image": ("photo.jpg", photo)}
            by_mask = _extract(client, product, files | {"mask": ("mask.png", mask)}, {})
            by_box = _extract(client, product, {"image": _shifted(number)}, {"box": _BOX})
            took = _pillow(photo, mask)
            if number >= _WARM_UP:
                masks.append(by_mask)
                boxes.append(by_box)
                pillow.append(took)
    for title, runs in (("mask", masks), ("box", boxes)):
        print(f"\ncut-out by {title}, 1920x1080 JPEG to WebP, {len(runs)} requests: medians in ms")
        for stage in runs[0]:
            print(f"  {stage:12} {median(run[stage] for run in runs):8.1f}")
    print(f"  Pillow alone {median(pillow):8.1f}   (no colours estimated, default WebP)\n")
    by_mask_ms = median(run["request"] for run in masks)
    return {
        "extract_mask_1080p_ms": by_mask_ms,
        "extract_mask_1080p_over_pillow": by_mask_ms / median(pillow),
        "extract_box_1080p_ms": median(run["request"] for run in boxes),
        "extract_box_1080p_over_network_run": median(
            run["request"] / run["network"] for run in boxes
        ),
    }


def soft_ellipse(width: int, height: int) -> bytes:
    """A mask with an edge six pixels soft, as PNG."""
    y, x = np.ogrid[:height, :width]
    inside = 0.75 * height / 2 - np.hypot((x - width / 2) / 1.4, y - height / 2)
    buffer = io.BytesIO()
    Image.fromarray((np.clip(inside / 6, 0, 1) * 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _shifted(number: int) -> tuple[str, bytes]:
    """The photo moved by some pixels: the engines remember pictures that they have seen."""
    pixels = np.asarray(Image.open(io.BytesIO(photograph(*_SIZE))))
    buffer = io.BytesIO()
    Image.fromarray(np.roll(pixels, number, axis=1)).save(buffer, "JPEG", quality=90)
    return "photo.jpg", buffer.getvalue()


def _extract(
    client: httpx.Client,
    product: Product,
    files: dict[str, tuple[str, bytes]],
    query: dict[str, str],
) -> dict[str, float]:
    started = time.perf_counter()
    response = client.post(
        f"{product.url}/v1/services/object-extraction",
        params=query,
        headers={"Authorization": f"Bearer {product.api_key}"},
        files=files,
    )
    took_ms = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return timings_of(response) | {"request": took_ms}


def _pillow(photo: bytes, mask: bytes) -> float:
    started = time.perf_counter()
    picture = Image.open(io.BytesIO(photo)).convert("RGB")
    picture.putalpha(Image.open(io.BytesIO(mask)))
    picture.save(io.BytesIO(), "WEBP", lossless=True)
    return (time.perf_counter() - started) * 1000
