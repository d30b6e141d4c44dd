"""One account's batches of 50 beside another's single requests."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

import httpx

from benchmarks.load import closed, driver
from benchmarks.load.driver import Sample
from benchmarks.load.rows import Row
from benchmarks.load.site import Site, running
from tests.live.product import SERVICE

_BATCH = 50
#: Three threads of the worker share two cores with the greedy account's pictures, where a lone
#: picture has both cores to itself.
_MULTIPLE = 5.0


def measure(seconds: float) -> list[Row]:
    with running() as site:
        greedy, modest = site.accounts(2)
        closed.warm(site, [modest])
        alone = driver.closed(driver.upload(site.service, [modest], site.photo), 1, seconds)
        beside_batches = asyncio.run(_beside(site, _batches(site, greedy), modest, seconds))
        beside_flood = asyncio.run(_beside(site, _flood(site, greedy), modest, seconds))
        return [
            Row("fairness, one account alone", "", _told(alone)),
            _row("batches of 50", alone, beside_batches),
            _row("16 clients", alone, beside_flood),
        ]


Greed = Callable[[httpx.AsyncClient], Coroutine[object, object, None]]


async def _beside(site: Site, greed: Greed, modest: str, seconds: float) -> list[Sample]:
    send = driver.upload(site.service, [modest], site.photo)
    async with httpx.AsyncClient(timeout=330) as client:
        task = asyncio.create_task(greed(client))
        await asyncio.sleep(3)  # until its pictures wait
        samples = await driver.ask_in_turn(send, 1, seconds)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return samples


def _batches(site: Site, key: str) -> Greed:
    """Two batches at any time."""
    files = [("files", (f"{n}.jpg", site.photo, "image/jpeg")) for n in range(_BATCH)]
    headers = {"Authorization": f"Bearer {key}"}

    async def one(client: httpx.AsyncClient) -> None:
        while True:
            url = site.product.front + SERVICE + "/batch"
            await client.post(url, headers=headers, files=files)

    return _at_once(one, 2)


def _flood(site: Site, key: str) -> Greed:
    send = driver.upload(site.service, [key], site.photo)

    async def one(client: httpx.AsyncClient) -> None:
        while True:
            await send(client, 0)

    return _at_once(one, 16)


def _at_once(one: Greed, count: int) -> Greed:
    async def several(client: httpx.AsyncClient) -> None:
        await asyncio.gather(*(one(client) for _ in range(count)))

    return several


def _row(beside: str, alone: list[Sample], samples: list[Sample]) -> Row:
    ratio = _p95(samples) / _p95(alone)
    kept = ratio <= _MULTIPLE and driver.are_fit(samples)
    told = f"{_told(samples)}: {ratio:.1f} x"
    return Row(
        f"fairness, beside {beside} of another", f"p95 <= {_MULTIPLE:.0f} x alone", told, kept
    )


def _p95(samples: list[Sample]) -> float:
    return driver.percentile(driver.times_of(samples), 95)


def _told(samples: list[Sample]) -> str:
    half = driver.percentile(driver.times_of(samples), 50)
    return f"p50 {half:.2f} s, p95 {_p95(samples):.2f} s; {driver.told(samples)}"
