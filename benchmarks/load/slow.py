"""E9: 200 connections of a byte a second, and ten clients beside them.

Without a proxy, behind nginx and behind Apache.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from PIL import Image

from benchmarks.load import closed, driver
from benchmarks.load.drips import Drips
from benchmarks.load.driver import Sample
from benchmarks.load.rows import Row
from benchmarks.load.site import Site, behind, running
from benchmarks.photographs import photograph
from tests.live.apache import Apache
from tests.live.front import Front
from tests.live.nginx import Nginx
from tests.live.product import SERVICE

_CONNECTIONS, _CLIENTS = 200, 10
_PROXIES: tuple[type[Front], ...] = (Nginx, Apache)
_CUT_WITHIN_S = 30.0
#: The server looks once a second, and so do we.
_TOLERANCE_S = 3.0


def measure(seconds: float) -> list[Row]:
    with running() as site:
        key, greedy = site.accounts(2)
        closed.warm(site, [key])
        rows = list(_attacks(site, key, greedy, seconds, "no proxy"))
        for proxy in _PROXIES:
            with behind(site, proxy):
                rows += _attacks(site, key, greedy, seconds, proxy.program)
        return rows


def _attacks(site: Site, key: str, greedy: str, seconds: float, by: str) -> Iterator[Row]:
    alone = _normal(site, key, seconds)
    yield Row(f"{by}: {_CLIENTS} clients alone", "", _told(alone))
    for name, head, reads in _heads(site, greedy):
        with _dripping(site, head, reads=reads) as drips:
            beside = _normal(site, key, seconds)
            _let_be_cut(drips)
        ratio = _p95(beside) / _p95(alone)
        kept = ratio <= 2 and driver.are_fit(beside)
        what = f"{by}: beside {_CONNECTIONS} slow {name}"
        yield Row(what, "p95 <= 2 x alone", f"{_told(beside)}: {ratio:.1f} x", kept)
        cut = drips.cut_s()
        left = f"cut by {cut:.0f} s" if cut < float("inf") else f"{drips.left[-1][1]} left open"
        is_cut = cut <= _CUT_WITHIN_S + _TOLERANCE_S
        yield Row(f"{by}: slow {name}", f"cut by {_CUT_WITHIN_S:.0f} s", left, is_cut)


def _heads(site: Site, key: str) -> list[tuple[str, bytes, bool]]:
    """What is sent at once; then bytes follow, or are read, one at a time."""
    body = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n"
    upload = f"POST {SERVICE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n{body}"
    download = f"GET {_large_result(site, key)} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return [
        ("heads", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", False),
        ("bodies", upload.encode(), False),
        ("readers", download.encode(), True),
    ]


def _large_result(site: Site, key: str) -> str:
    """The path of some megabytes: what fits into the buffers of a connection holds nobody up."""
    side = 2500
    everything = io.BytesIO()
    Image.new("L", (side, side), 255).save(everything, "PNG")
    response = httpx.post(
        site.product.front + "/v1/services/object-extraction?output_format=png",
        headers={"Authorization": f"Bearer {key}"},
        files={"image": photograph(side, side), "mask": everything.getvalue()},
        timeout=120,
    )
    response.raise_for_status()
    return httpx.URL(response.json()["result"]["output_url"]).raw_path.decode()


@contextmanager
def _dripping(site: Site, head: bytes, *, reads: bool) -> Iterator[Drips]:
    drips = Drips(site.product.front, head, _CONNECTIONS, reads=reads)
    drips.start()
    try:
        yield drips
    finally:
        drips.stop()


def _let_be_cut(drips: Drips) -> None:
    """Until all are, or the time is over in which they had to be."""
    until = drips.began + _CUT_WITHIN_S + _TOLERANCE_S + 2
    while time.monotonic() < until and drips.cut_s() == float("inf"):
        time.sleep(0.5)


def _normal(site: Site, key: str, seconds: float) -> list[Sample]:
    return driver.closed(driver.upload(site.service, [key], site.photo), _CLIENTS, seconds)


def _p95(samples: list[Sample]) -> float:
    return driver.percentile(driver.times_of(samples), 95)


def _told(samples: list[Sample]) -> str:
    return f"p95 {_p95(samples):.2f} s; {driver.told(samples)}"
