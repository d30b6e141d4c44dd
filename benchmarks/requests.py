"""What a whole request costs beside the network's own run: one client, a 1920x1080 JPEG.

The peer is the bare `session.run` that the worker measured inside the very same request, so the
difference is all that the product adds: upload, queue, decode, resize, encode, store, answer.
"""

import re
import time
from statistics import median

import httpx

from benchmarks.photographs import photograph
from benchmarks.product import Product, running

FIGURES = ("request_1080p_ms", "request_1080p_over_network_run", "request_1080p_overhead_ms")
_WARM_UP, _RUNS = 3, 30
_TIMING = re.compile(r"(\w+);dur=([\d.]+)")


def measure() -> dict[str, float]:
    photo = photograph(1920, 1080)
    with running() as product, httpx.Client(timeout=60) as client:
        for _ in range(_WARM_UP):
            one_request(client, product, photo)
        runs = [one_request(client, product, photo) for _ in range(_RUNS)]
    _print_breakdown(runs)
    return {
        "request_1080p_ms": median(run["request"] for run in runs),
        "request_1080p_over_network_run": median(run["request"] / run["network"] for run in runs),
        "request_1080p_overhead_ms": median(run["request"] - run["network"] for run in runs),
    }


def one_request(client: httpx.Client, product: Product, photo: bytes) -> dict[str, float]:
    """Milliseconds by stage as the server tells them, and `request` as the client saw it."""
    started = time.perf_counter()
    response = client.post(
        f"{product.url}/v1/services/background-removal",
        headers={"Authorization": f"Bearer {product.api_key}"},
        files={"file": ("photo.jpg", photo)},
    )
    took_ms = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    stages = timings_of(response)
    processing_ms = float(response.json()["result"]["processing_time_ms"])
    inside_ms = sum(ms for name, ms in stages.items() if name != "queue")
    return stages | {
        "claim, read, store": processing_ms - inside_ms,
        "upload, place, wake, answer": took_ms - processing_ms - stages["queue"],
        "request": took_ms,
    }


def timings_of(response: httpx.Response) -> dict[str, float]:
    """Milliseconds by stage. Raises RuntimeError for a job that failed."""
    if response.json()["status"] != "completed":
        raise RuntimeError(response.text)
    return {name: float(ms) for name, ms in _TIMING.findall(response.headers["Server-Timing"])}


def _print_breakdown(runs: list[dict[str, float]]) -> None:
    print(f"\n1920x1080 JPEG, one client, {len(runs)} requests: medians in ms")
    for stage in runs[0]:
        values = sorted(run[stage] for run in runs)
        print(f"  {stage:28} {median(values):8.1f}   (min {values[0]:.1f}, max {values[-1]:.1f})")
    overhead = median(run["request"] - run["network"] for run in runs)
    print(f"  {'all but the network':28} {overhead:8.1f}   (limit 120)\n")
