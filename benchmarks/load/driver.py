"""Clients: a closed loop, each asking again when it is answered, and an open one with a timetable.

In the open loop a time counts from when the request was due, not from when it was sent: a driver
or a server that falls behind delays what comes after, and that delay is part of what is measured
(no coordinated omission).
"""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import quantiles

import httpx
import numpy as np

SEED = 20_261_121
_POOLS = 16
_NO_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=4)
_TIMEOUT = httpx.Timeout(180, pool=None)


@dataclass(frozen=True)
class Sample:
    """One request: seconds of `time.monotonic` it was due and answered, and how; 0 for no answer."""

    due: float
    ended: float
    status: int
    retry_after: str = ""
    job_id: str = ""
    failure: str = ""

    @property
    def took_s(self) -> float:
        return self.ended - self.due

    @property
    def is_refusal(self) -> bool:
        return self.status in (429, 503)


#: Sends one request; `index` counts them, so that traffic may be mixed.
Send = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


def upload(url: str, keys: Sequence[str], photo: bytes) -> Send:
    """One picture to one address, with the keys in turn.

    The form is put together once: the driver is to take as little as it can of the same cores.
    """
    form = httpx.Request("POST", url, files={"file": ("photo.jpg", photo, "image/jpeg")})
    body, kind = form.read(), form.headers["Content-Type"]

    async def send(client: httpx.AsyncClient, index: int) -> httpx.Response:
        key = keys[index % len(keys)]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        return await client.post(url, headers=headers, content=body)

    return send


def closed(send: Send, clients: int, seconds: float) -> list[Sample]:
    """So many clients, each with one request at a time, until the time is up."""
    return asyncio.run(ask_in_turn(send, clients, seconds))


def scheduled(send: Send, rate: float, seconds: float) -> list[Sample]:
    """Requests at random (Poisson) times, at `rate` a second, whatever becomes of those before."""
    return asyncio.run(_scheduled(send, [(rate, seconds)]))


def in_phases(send: Send, phases: Sequence[tuple[float, float]]) -> list[Sample]:
    """The same with a rate for so many seconds, then another, without a pause."""
    return asyncio.run(_scheduled(send, phases))


async def ask_in_turn(send: Send, clients: int, seconds: float) -> list[Sample]:
    """What `closed` does, for a loop that has other things to do beside it."""
    until = time.monotonic() + seconds
    samples: list[Sample] = []

    async def one(client: httpx.AsyncClient, number: int) -> None:
        index = number
        while time.monotonic() < until:
            samples.append(await _ask(send, client, index, time.monotonic()))
            index += clients

    async with _several() as pools:
        await asyncio.gather(*(one(pools[n % _POOLS], n) for n in range(clients)))
    return samples


async def _scheduled(send: Send, phases: Sequence[tuple[float, float]]) -> list[Sample]:
    began = time.monotonic()

    async def one(client: httpx.AsyncClient, index: int, due: float) -> Sample:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        return await _ask(send, client, index, due)

    async with _several() as pools:
        times = enumerate(began + offset for offset in _timetable(phases))
        return await asyncio.gather(*(one(pools[n % _POOLS], n, due) for n, due in times))


@asynccontextmanager
async def _several() -> AsyncIterator[list[httpx.AsyncClient]]:
    """A pool goes through all of its connections at each request: one of hundreds costs milliseconds."""
    trusted = ssl.create_default_context()
    async with AsyncExitStack() as closing:
        yield [
            await closing.enter_async_context(
                httpx.AsyncClient(limits=_NO_LIMITS, timeout=_TIMEOUT, verify=trusted)
            )
            for _ in range(_POOLS)
        ]


def _timetable(phases: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Seconds from the start, the same in every run."""
    chance = np.random.default_rng(SEED)
    begin = 0.0
    for rate, seconds in phases:
        at = begin + chance.exponential(1 / rate)
        while at < begin + seconds:
            yield at
            at += chance.exponential(1 / rate)
        begin += seconds


async def _ask(send: Send, client: httpx.AsyncClient, index: int, due: float) -> Sample:
    try:
        response = await send(client, index)
    except httpx.TransportError as error:
        return Sample(due, time.monotonic(), 0, failure=type(error).__name__)
    ended = time.monotonic()
    is_done = response.status_code == 200
    retry_after = response.headers.get("Retry-After", "")
    job_id = response.json().get("id", "") if is_done and _is_json(response) else ""
    return Sample(due, ended, response.status_code, retry_after, job_id)


def _is_json(response: httpx.Response) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")


def percentile(times: Sequence[float], share: int) -> float:
    """NaN for none."""
    if len(times) < 2:
        return times[0] if times else float("nan")
    return quantiles(times, n=100, method="inclusive")[share - 1]


def served(samples: Sequence[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.status == 200]


def times_of(samples: Sequence[Sample]) -> list[float]:
    return [sample.took_s for sample in samples]


def per_second(samples: Sequence[Sample]) -> float:
    """Answers with a result, over the time from the first due to the last of them."""
    done = served(samples)
    if not done:
        return 0.0
    span = max(s.ended for s in done) - min(s.due for s in samples)
    return len(done) / span


def statuses(samples: Sequence[Sample]) -> Counter[str]:
    return Counter(sample.failure or str(sample.status) for sample in samples)


def told(samples: Sequence[Sample]) -> str:
    """How many of each answer: `812 x 200, 1530 x 503`."""
    return ", ".join(f"{count} x {status}" for status, count in sorted(statuses(samples).items()))


def are_fit(samples: Sequence[Sample]) -> bool:
    """Whether there are only results and refusals that say when to come back."""
    return all(s.status == 200 or (s.is_refusal and s.retry_after) for s in samples)
