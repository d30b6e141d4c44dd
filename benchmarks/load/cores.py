"""What a second core adds: the same backlog worked by a worker on one core, then on two.

Web processes and clients need the same two cores, so they are idle meanwhile: the pictures are
placed first, without waiting, and the time is the worker's own, from the database.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from benchmarks import saturation
from benchmarks.load import processes
from benchmarks.load.rows import Row
from benchmarks.load.site import Site, running

_PICTURES, _WARM_UP = 100, 20
#: Nothing is refused for its age, and nobody gives a picture up, while it lies there on purpose.
_PATIENT = {"MASKR_MAX_QUEUE_AGE": "3600", "MASKR_NO_WORKER_SECONDS": "3600"}
_SPAN = """
SELECT count(*), EXTRACT(epoch FROM max(ended_at) - min(started_at))
FROM services_job WHERE state = 'completed'
"""


@dataclass(frozen=True)
class Run:
    """A backlog worked on so many cores."""

    per_s: float
    processor_ms: float


def measure(_seconds: float) -> list[Row]:
    one, two = _run({0}), _run({0, 1})
    factor, delivered = two.per_s / one.per_s, saturation.served(saturation.AUTO)
    share, speed = delivered.share, delivered.per_s
    return [
        Row("worker on 1 core, a backlog", "", _told(one)),
        Row("worker on 2 cores, the same", "", _told(two)),
        Row("second core of the worker", ">= 1.8 x", f"{factor:.2f} x", factor >= 1.8),
        Row(
            "delivered by HTTP / bare network runs, 8 clients",
            ">= 0.9",
            f"{share:.2f} ({speed:.1f}/s, clients on the same cores)",
            share >= 0.9,
        ),
    ]


def _told(run: Run) -> str:
    return f"{run.per_s:.2f}/s, {run.processor_ms:.0f} ms of processor time a picture"


def _run(cores: set[int]) -> Run:
    """A worker that begins on these cores divides its threads by them."""
    before = os.sched_getaffinity(0)
    with running(**_PATIENT) as site:
        assert site.product.worker
        site.product.kill(site.product.worker)
        key = site.accounts(1)[0]
        _place(site, key, _WARM_UP + _PICTURES)
        os.sched_setaffinity(0, cores)
        try:
            site.product.worker = site.product.start("worker")
        finally:
            os.sched_setaffinity(0, before)
        return _watch(site, site.product.worker.pid)


def _place(site: Site, key: str, count: int) -> None:
    headers = {"Authorization": f"Bearer {key}", "Prefer": "respond-async"}
    with httpx.Client(headers=headers, timeout=60) as client:
        for _ in range(count):
            files = {"file": ("photo.jpg", site.photo)}
            client.post(site.service, files=files).raise_for_status()


def _watch(site: Site, worker: int) -> Run:
    _wait(lambda: _worked(site)[0] >= _WARM_UP, 300)
    begin_count, begin_s = _worked(site)
    begin_processor = processes.processor_s(worker)
    _wait(lambda: _worked(site)[0] == _WARM_UP + _PICTURES, 600)
    count, seconds = _worked(site)
    done = count - begin_count
    spent = processes.processor_s(worker) - begin_processor
    return Run(done / (seconds - begin_s), spent / done * 1000)


def _wait(true: Callable[[], bool], seconds: float) -> None:
    """Looks once a second: each look takes a connection's beginning from the cores measured."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("the backlog was not worked in time")
        time.sleep(1)


def _worked(site: Site) -> tuple[int, float]:
    """Pictures so far, and the seconds from the first one's beginning to the last one's end."""
    count, seconds = site.query(_SPAN)[0]
    return int(count), float(seconds or 0)
