"""How much of the machine goes to the networks when eight clients never let it rest.

1 would mean that nothing but bare network runs, one after the other, took any time: with what the
product computes with here, and in 32 bits, as it comes without `models optimise`. Bare runs and
requests take turns, because the machine may be quicker at one time than at another. The clients
run on the same cores as the product, so they send a request made once over the plainest connection:
what a driver spends there, the product would not get.
"""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Literal

import httpx
import numpy as np

from benchmarks.photographs import photograph
from benchmarks.product import Product, running
from benchmarks.rembg import MODELS
from inference import weights
from inference.config import InferenceConfig
from inference.engines.opening import Opener
from inference.engines.sessions import Session

FIGURES = (
    "saturation_1080p_share_of_network",
    "saturation_1080p_images_per_s",
    "saturation_1080p_fp32_share_of_network",
)
_CLIENTS, _ROUNDS, _REQUESTS, _WARM_UP = 8, 4, 48, 16
_BARE_RUNS = 8


@dataclass
class _Turns:
    """Milliseconds of bare runs and requests, and of the time in which all requests were done."""

    bare: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    wall: float = 0.0
    client: float = 0.0

    @property
    def share(self) -> float:
        return len(self.requests) * median(self.bare) / self.wall


def measure() -> dict[str, float]:
    auto, exact = _measured("auto"), _measured("fp32")
    return {
        "saturation_1080p_share_of_network": auto.share,
        "saturation_1080p_images_per_s": len(auto.requests) / auto.wall * 1000,
        "saturation_1080p_fp32_share_of_network": exact.share,
    }


def _measured(precision: Literal["auto", "fp32"]) -> _Turns:
    session = Opener(InferenceConfig(MODELS, precision=precision))(
        "u2netp", weights.verify("u2netp", MODELS)
    )
    turns = _Turns()
    with running(MASKR_PRECISION=precision) as product, ThreadPoolExecutor(_CLIENTS) as pool:
        client = _Client(_request(product, photograph(1920, 1080)))
        list(pool.map(client.send, range(_WARM_UP)))
        for _ in range(_ROUNDS):
            turns.bare += _bare_runs_ms(session)
            started, client_started = time.perf_counter(), time.process_time()
            turns.requests += pool.map(client.send, range(_REQUESTS))
            turns.wall += (time.perf_counter() - started) * 1000
            turns.client += (time.process_time() - client_started) * 1000
    _print(session.runtime, turns)
    return turns


def _print(runtime: str, turns: _Turns) -> None:
    count = len(turns.requests)
    print(f"\n{_CLIENTS} clients, {count} requests, 1920x1080 JPEG to mask, {runtime}")
    for name, value, unit in (
        ("bare network run alone", median(turns.bare), "ms"),
        ("request, median", median(turns.requests), "ms"),
        ("request, 95 %", quantiles(turns.requests, n=20)[-1], "ms"),
        ("images a second", count / turns.wall * 1000, ""),
        ("processor time of a client", turns.client / count, "ms a request"),
        ("share of the bare network", turns.share, "  (limit 0.9)"),
    ):
        print(f"  {name:28} {value:8.2f} {unit}".rstrip())


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


def _bare_runs_ms(session: Session) -> list[float]:
    """Run the session alone, opened as the product opens it: all cores to one run."""
    tensor = np.random.default_rng(0).random((1, 3, 320, 320), np.float32)
    times = []
    for _ in range(_BARE_RUNS):
        started = time.perf_counter()
        session.run(session.output_names[:1], {session.input_names[0]: tensor})
        times.append((time.perf_counter() - started) * 1000)
    return times
