"""How much of the machine goes to the networks when eight clients never let it rest.

1 would mean that nothing but bare network runs, one after the other, took any time. The clients
run on the same cores as the product.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import httpx
import numpy as np

from benchmarks.photographs import photograph
from benchmarks.product import Product, running
from benchmarks.rembg import MODELS
from inference import weights
from inference.config import InferenceConfig
from inference.engines.opening import Opener

FIGURES = ("saturation_1080p_share_of_network", "saturation_1080p_images_per_s")
_CLIENTS, _REQUESTS, _WARM_UP = 8, 160, 16
_BARE_RUNS = 15


def measure() -> dict[str, float]:
    photo = photograph(1920, 1080)
    bare_ms = _bare_run_ms()
    with running() as product, httpx.Client(timeout=120) as client, _clients() as pool:
        orders = [(client, product, photo)] * (_WARM_UP + _REQUESTS)
        list(pool.map(_one_request, orders[:_WARM_UP]))
        started = time.perf_counter()
        times = list(pool.map(_one_request, orders[_WARM_UP:]))
        wall_ms = (time.perf_counter() - started) * 1000
    share = _REQUESTS * bare_ms / wall_ms
    print(f"\n{_CLIENTS} clients, {_REQUESTS} requests, 1920x1080 JPEG to mask")
    print(f"  {'bare network run alone':28} {bare_ms:8.1f} ms")
    print(f"  {'request, median':28} {median(times):8.1f} ms")
    print(f"  {'request, 95 %':28} {quantiles(times, n=20)[-1]:8.1f} ms")
    print(f"  {'images a second':28} {_REQUESTS / wall_ms * 1000:8.2f}")
    print(f"  {'share of the bare network':28} {share:8.2f}   (limit 0.9)\n")
    return {
        "saturation_1080p_share_of_network": share,
        "saturation_1080p_images_per_s": _REQUESTS / wall_ms * 1000,
    }


def _clients() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_CLIENTS)


def _one_request(order: tuple[httpx.Client, Product, bytes]) -> float:
    client, product, photo = order
    started = time.perf_counter()
    response = client.post(
        f"{product.url}/v1/services/background-removal",
        headers={"Authorization": f"Bearer {product.api_key}"},
        files={"file": ("photo.jpg", photo)},
        params={"quality": "fast", "edges": "fast"},
    )
    response.raise_for_status()
    if response.json()["status"] != "completed":
        raise RuntimeError(response.text)
    return (time.perf_counter() - started) * 1000


def _bare_run_ms() -> float:
    """Measure the session alone, opened as the product opens it: all cores to one run."""
    path: Path = weights.verify("u2netp", MODELS)
    session = Opener(InferenceConfig(MODELS))("u2netp", path)
    tensor = np.random.default_rng(0).random((1, 3, 320, 320), np.float32)
    times = []
    for _ in range(_BARE_RUNS):
        started = time.perf_counter()
        session.run(session.output_names[:1], {session.input_names[0]: tensor})
        times.append((time.perf_counter() - started) * 1000)
    return median(times)
