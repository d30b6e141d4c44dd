"""How much of the machine goes to the networks when eight clients never let it rest.

1 would mean that nothing but bare network runs, one after the other, took any time. The clients
run on the same cores as the product, so they send a request made once over the plainest connection:
what a driver spends there, the product would not get.
"""

import http.client
import threading
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
    bare_ms = _bare_run_ms()
    with running() as product, ThreadPoolExecutor(_CLIENTS) as pool:
        client = _Client(_request(product, photograph(1920, 1080)))
        list(pool.map(client.send, range(_WARM_UP)))
        started, client_started = time.perf_counter(), time.process_time()
        times = list(pool.map(client.send, range(_REQUESTS)))
        wall_ms = (time.perf_counter() - started) * 1000
        client_ms = (time.process_time() - client_started) * 1000
    share = _REQUESTS * bare_ms / wall_ms
    print(f"\n{_CLIENTS} clients, {_REQUESTS} requests, 1920x1080 JPEG to mask")
    print(f"  {'bare network run alone':28} {bare_ms:8.1f} ms")
    print(f"  {'request, median':28} {median(times):8.1f} ms")
    print(f"  {'request, 95 %':28} {quantiles(times, n=20)[-1]:8.1f} ms")
    print(f"  {'images a second':28} {_REQUESTS / wall_ms * 1000:8.2f}")
    print(f"  {'processor time of a client':28} {client_ms / _REQUESTS:8.1f} ms a request")
    print(f"  {'share of the bare network':28} {share:8.2f}   (limit 0.9)\n")
    return {
        "saturation_1080p_share_of_network": share,
        "saturation_1080p_images_per_s": _REQUESTS / wall_ms * 1000,
    }


def _request(product: Product, photo: bytes) -> httpx.Request:
    request = httpx.Request(
        "POST",
        f"{product.url}/v1/services/background-removal",
        headers={"Authorization": f"Bearer {product.api_key}"},
        files={"file": ("photo.jpg", photo)},
        params={"quality": "fast", "edges": "fast"},
    )
    request.read()
    return request


class _Client:
    """Sends one request again and again, over a connection for each thread that it is used in."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._of_thread = threading.local()

    def send(self, _: int) -> float:
        """Return how long it took in milliseconds. Raises RuntimeError for any other outcome."""
        started = time.perf_counter()
        request, connection = self._request, self._connection()
        path = request.url.raw_path.decode()
        connection.request("POST", path, request.content, dict(request.headers))
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or b'"status":"completed"' not in body:
            raise RuntimeError(f"{response.status} {body!r}")
        return (time.perf_counter() - started) * 1000

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._of_thread, "connection"):
            netloc = self._request.url.netloc.decode()
            self._of_thread.connection = http.client.HTTPConnection(netloc, timeout=120)
        connection: http.client.HTTPConnection = self._of_thread.connection
        return connection


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
