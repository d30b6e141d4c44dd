"""How much of the machine goes to the networks when eight clients never let it rest.

1 would mean that nothing but bare network runs, one after the other, took any time: with what the
product computes with here, and in 32 bits, as it comes without `models optimise`, and with the
large network. Bare runs and requests take turns, because the machine may be quicker at one time
than at another. The clients run on the same cores as the product, so they send a request made once
over the plainest connection: what a driver spends there, the product would not get.

"Pictures alone" is what the same threads do without HTTP, queue and database, with bytes in and a
PNG out: no server can deliver more with these pixels.
"""

import http.client
import threading
import time
from collections.abc import Callable
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
from inference.arrays import Precision, Quality
from inference.config import InferenceConfig
from inference.engines.opening import Opener
from inference.engines.processor import available_cores
from inference.engines.registry import Engines
from inference.engines.saliency import RECIPES
from inference.engines.sessions import Session
from inference.pipelines import remove_background

FIGURES = (
    "saturation_1080p_share_of_network",
    "saturation_1080p_images_per_s",
    "saturation_1080p_pictures_alone_share_of_network",
    "saturation_1080p_fp32_share_of_network",
    "saturation_1080p_fp32_pictures_alone_share_of_network",
    "saturation_1080p_isnet_share_of_network",
)
_CLIENTS, _WARM_UP = 8, 16
_BARE_RUNS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """A network, what it computes with, and how many requests in how many turns it gets."""

    network: str
    quality: Quality
    precision: Precision | Literal["auto"]
    rounds: int = 4
    requests: int = 48


AUTO = Load("u2netp", "fast", "auto")
_EXACT = Load("u2netp", "fast", "fp32")
_LARGE = Load("isnet", "best", "auto", rounds=2, requests=24)


@dataclass
class Turns:
    """Milliseconds of bare runs and requests, and of the time in which all requests were done."""

    bare: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    wall: float = 0.0
    own: float = 0.0
    """Processor time of this process: of the clients, or where nobody serves, of the pictures."""

    @property
    def share(self) -> float:
        return len(self.requests) * median(self.bare) / self.wall

    @property
    def per_s(self) -> float:
        return len(self.requests) / self.wall * 1000


def measure() -> dict[str, float]:
    auto, auto_alone = served(AUTO), _alone(AUTO)
    exact, exact_alone = served(_EXACT), _alone(_EXACT)
    return {
        "saturation_1080p_share_of_network": auto.share,
        "saturation_1080p_images_per_s": auto.per_s,
        "saturation_1080p_pictures_alone_share_of_network": auto_alone.share,
        "saturation_1080p_fp32_share_of_network": exact.share,
        "saturation_1080p_fp32_pictures_alone_share_of_network": exact_alone.share,
        "saturation_1080p_isnet_share_of_network": served(_LARGE).share,
    }


def served(load: Load) -> Turns:
    """Requests of eight clients over HTTP."""
    with running(MASKR_PRECISION=load.precision) as product:
        client = _Client(_request(product, _photo(), load.quality))
        return _in_turns(load, _CLIENTS, client.send, "over HTTP")


def _alone(load: Load) -> Turns:
    """The same pictures in this process, in as many threads as a worker has."""
    photo = _photo()
    engines = Engines(InferenceConfig(MODELS, precision=load.precision))

    def remove(_: int) -> float:
        started = time.perf_counter()
        remove_background(photo, engines=engines, quality=load.quality, edges="fast")
        return (time.perf_counter() - started) * 1000

    return _in_turns(load, available_cores() + 1, remove, "pictures alone")


def _in_turns(load: Load, threads: int, send: Callable[[int], float], what: str) -> Turns:
    session = Opener(InferenceConfig(MODELS, precision=load.precision))(
        load.network, weights.verify(load.network, MODELS)
    )
    turns = Turns()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(_WARM_UP)))
        for _ in range(load.rounds):
            turns.bare += _bare_runs_ms(session, RECIPES[load.network].side)
            started, cpu_started = time.perf_counter(), time.process_time()
            turns.requests += pool.map(send, range(load.requests))
            turns.wall += (time.perf_counter() - started) * 1000
            turns.own += (time.process_time() - cpu_started) * 1000
    _print(f"{load.network}, {session.runtime}, {threads} threads, {what}", turns)
    return turns


def _print(title: str, turns: Turns) -> None:
    count = len(turns.requests)
    print(f"\n{title}: {count} x 1920x1080 JPEG to mask")
    for name, value, unit in (
        ("bare network run alone", median(turns.bare), "ms"),
        ("each, median", median(turns.requests), "ms"),
        ("each, 95 %", quantiles(turns.requests, n=20)[-1], "ms"),
        ("images a second", turns.per_s, ""),
        ("processor time in here", turns.own / count, "ms each"),
        ("share of the bare network", turns.share, "  (limit 0.9)"),
    ):
        print(f"  {name:28} {value:8.2f} {unit}".rstrip())


def _photo() -> bytes:
    return photograph(1920, 1080)


def _request(product: Product, photo: bytes, quality: Quality) -> httpx.Request:
    request = httpx.Request(
        "POST",
        f"{product.url}/v1/services/background-removal",
        headers={"Authorization": f"Bearer {product.api_key}"},
        files={"file": ("photo.jpg", photo)},
        params={"quality": quality, "edges": "fast"},
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


def _bare_runs_ms(session: Session, side: int) -> list[float]:
    """Run the session alone, opened as the product opens it: all cores to one run."""
    tensor = np.random.default_rng(0).random((1, 3, side, side), np.float32)
    times = []
    for _ in range(_BARE_RUNS):
        started = time.perf_counter()
        session.run(session.output_names[:1], {session.input_names[0]: tensor})
        times.append((time.perf_counter() - started) * 1000)
    return times
