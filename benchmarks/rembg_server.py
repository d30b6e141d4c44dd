"""The whole request against `rembg s` on the same weights: a 1920x1080 JPEG to an RGBA PNG, or a mask.

A mask of ours is asked for and fetched, which is two requests, and has fine edges.

rembg is installed from its registry into an environment of its own under `.cache`, at the first
run, and served on a free port. Requests alternate between the two, so both meet the same load.
"""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from statistics import median

import httpx

from benchmarks import rembg
from benchmarks.photographs import photograph
from benchmarks.product import Product, free_port, running
from benchmarks.requests import timings_of

FIGURES = (
    "v2_rgba_1080p_ms",
    "v2_rgba_1080p_x_rembg_server",
    "v2_rgba_1080p_overhead_ms",
    "v1_mask_1080p_ms",
    "v1_mask_1080p_x_rembg_server",
)
_WARM_UP, _RUNS = 3, 20
_START_LIMIT_S = 120.0


def measure() -> dict[str, float]:
    photo = photograph(1920, 1080)
    times: dict[str, list[float]] = {}
    with running() as product, rembg_server() as peer, httpx.Client(timeout=120) as client:
        for number in range(_WARM_UP + _RUNS):
            for name, took_ms in _one_turn(client, product, peer, photo).items():
                if number >= _WARM_UP:
                    times.setdefault(name, []).append(took_ms)
    middle = {name: median(values) for name, values in times.items()}
    print(f"\n1920x1080 JPEG, one client, {_RUNS} requests each: medians in ms")
    for name, values in times.items():
        print(f"  {name:28} {middle[name]:8.1f}   (min {min(values):.1f}, max {max(values):.1f})")
    print()
    return {
        "v2_rgba_1080p_ms": middle["/v2"],
        "v2_rgba_1080p_x_rembg_server": middle["rembg s"] / middle["/v2"],
        "v2_rgba_1080p_overhead_ms": middle["/v2"] - middle["the bare network"],
        "v1_mask_1080p_ms": middle["/v1 mask"],
        "v1_mask_1080p_x_rembg_server": middle["rembg s mask"] / middle["/v1 mask"],
    }


def _one_turn(client: httpx.Client, product: Product, peer: str, photo: bytes) -> dict[str, float]:
    key = {"x-api-key": product.api_key}
    asked = {"model": "u2netp"}
    mask_ms, network_ms = _mask(client, product.url, key, photo)
    return {
        "/v2": _timed(
            lambda: client.post(f"{product.url}/v2", headers=key, files={"image_file": photo})
        ),
        "rembg s": _timed(
            lambda: client.post(f"{peer}/api/remove", files={"file": photo}, data=asked)
        ),
        "/v1 mask": mask_ms,
        "rembg s mask": _timed(
            lambda: client.post(
                f"{peer}/api/remove", files={"file": photo}, data=asked | {"om": "true"}
            )
        ),
        "the bare network": network_ms,
    }


@contextlib.contextmanager
def rembg_server() -> Iterator[str]:
    """Serves until the block ends; answers with the address."""
    port = free_port()
    program = rembg.environment_folder() / "bin" / "rembg"
    server = subprocess.Popen(
        [str(program), "s", "--host", "127.0.0.1", "--port", str(port)],
        env=rembg.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _START_LIMIT_S
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("rembg s did not start")
            time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/api", timeout=5).status_code < 500
    return False


def _timed(send: Callable[[], httpx.Response]) -> float:
    started = time.perf_counter()
    response = send()
    took_ms = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return took_ms


def _mask(client: httpx.Client, url: str, key: dict[str, str], photo: bytes) -> tuple[float, float]:
    """What a mask takes until it is here, and of that the network alone by the server's clock."""
    started = time.perf_counter()
    response = client.post(
        f"{url}/v1/services/background-removal", headers=key, files={"file": photo}
    )
    client.get(response.json()["result"]["output_url"]).raise_for_status()
    took_ms = (time.perf_counter() - started) * 1000
    return took_ms, timings_of(response)["network"]
