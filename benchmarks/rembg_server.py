"""The whole request against `rembg s` on the same weights: a 1920x1080 JPEG to an RGBA PNG.

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
from benchmarks.product import free_port, running

FIGURES = ("v2_rgba_1080p_ms", "v2_rgba_1080p_x_rembg_server", "v2_rgba_1080p_overhead_ms")
_WARM_UP, _RUNS = 3, 20
_START_LIMIT_S = 120.0


def measure() -> dict[str, float]:
    photo = photograph(1920, 1080)
    ours: list[float] = []
    theirs: list[float] = []
    network: list[float] = []
    with running() as product, rembg_server() as peer, httpx.Client(timeout=120) as client:
        key = {"x-api-key": product.api_key}
        for number in range(_WARM_UP + _RUNS):
            one = _timed(
                lambda: client.post(f"{product.url}/v2", headers=key, files={"image_file": photo})
            )
            other = _timed(
                lambda: client.post(
                    f"{peer}/api/remove", files={"file": photo}, data={"model": "u2netp"}
                )
            )
            run = _network_run(client, product.url, key, photo)
            if number >= _WARM_UP:
                ours.append(one)
                theirs.append(other)
                network.append(run)
    print(f"\n1920x1080 JPEG to RGBA PNG, one client, {_RUNS} requests each: medians in ms")
    print(f"  {'/v2':28} {median(ours):8.1f}   (min {min(ours):.1f}, max {max(ours):.1f})")
    print(
        f"  {'rembg s':28} {median(theirs):8.1f}   (min {min(theirs):.1f}, max {max(theirs):.1f})"
    )
    print(f"  {'the bare network':28} {median(network):8.1f}\n")
    return {
        "v2_rgba_1080p_ms": median(ours),
        "v2_rgba_1080p_x_rembg_server": median(theirs) / median(ours),
        "v2_rgba_1080p_overhead_ms": median(ours) - median(network),
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


def _network_run(client: httpx.Client, url: str, key: dict[str, str], photo: bytes) -> float:
    """What the network alone takes, by the same server's own clock."""
    response = client.post(
        f"{url}/v1/services/background-removal", headers=key, files={"file": photo}
    )
    stages = dict(part.split(";dur=") for part in response.headers["Server-Timing"].split(", "))
    return float(stages["network"])
