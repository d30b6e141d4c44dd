"""E23: mixed traffic at seven tenths of what it can do, and nothing that grows."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

import httpx

from benchmarks.load import closed, driver, processes
from benchmarks.load.driver import Sample, Send
from benchmarks.load.processes import Reading
from benchmarks.load.rows import Row
from benchmarks.load.site import Site, running
from benchmarks.photographs import photograph

_LOAD, _EVERY_S = 0.7, 5.0
#: Of the time: filling caches, which is no growth. Five of thirty minutes.
_FIRST = 1 / 6
_SAMPLED = 1 / 10
#: Threads and connections come and go by some.
_SLACK = 12


@dataclass(frozen=True)
class Look:
    """All that must not grow, at one moment."""

    processes: dict[str, Reading]
    connections: int
    temporary: int


class Watch(threading.Thread):
    """Looks every few seconds until stopped."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site = site
        self.looks: list[Look] = []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.looks.append(self._look())

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _look(self) -> Look:
        found: dict[str, Reading] = {}
        for process in self.site.product.processes:
            role = "worker" if process is self.site.product.worker else "web"
            for number, pid in enumerate(processes.of_tree(process.pid)):
                with suppress(OSError):
                    found[f"{role} {number}"] = processes.read(pid)
        temporary = sum(1 for _ in (self.site.folder.parent / "temp").rglob("*"))
        return Look(found, self.site.connections(), temporary)


def measure(seconds: float) -> list[Row]:
    with running() as site:
        found = closed.curve(site, 15, (4, 8))
        send = _mixed(site)
        watch = Watch(site)
        watch.start()
        samples = driver.scheduled(send, found.peak * _LOAD, seconds)
        watch.stop()
        return [_traffic(samples, seconds), *_growth(watch.looks), *_books(site, samples)]


def _mixed(site: Site) -> Send:
    """Of ten requests six are single masks, one is larger, and three place no picture."""
    keys = site.accounts(4)
    small = driver.upload(site.service, keys, site.photo)
    large = driver.upload(site.service, keys, photograph(2400, 1800))
    damaged = driver.upload(site.service, keys, site.photo[:2000])

    async def send(client: httpx.AsyncClient, index: int) -> httpx.Response:
        match index % 10:
            case 3:
                return await large(client, index)
            case 5:
                return await damaged(client, index)
            case 7:
                return await client.get(site.product.front + "/health")
            case 9:
                headers = {"Authorization": f"Bearer {keys[index % len(keys)]}"}
                return await client.get(
                    site.product.front + "/v1/jobs/00000000-0000-0000-0000-000000000000",
                    headers=headers,
                )
            case _:
                return await small(client, index)

    return send


def _traffic(samples: Sequence[Sample], seconds: float) -> Row:
    expected = {200, 404, 422}
    wrong = [sample for sample in samples if sample.status not in expected]
    told = f"{driver.told(samples)}; p95 {driver.percentile(driver.times_of(samples), 95):.2f} s"
    return Row(
        f"soak, {seconds / 60:.0f} min at {_LOAD:.0%}",
        "only 200, 404 and 422 as due",
        told,
        not wrong,
    )


def _growth(looks: Sequence[Look]) -> list[Row]:
    """Medians of a tenth of the time after the first part, and of the last tenth."""
    span = max(1, round(len(looks) * _SAMPLED))
    first = round(len(looks) * _FIRST)
    begin, end = looks[first : first + span], looks[-span:]
    names = sorted(set(begin[0].processes) & set(end[0].processes))
    return [
        *(_memory(name, begin, end) for name in names),
        _flat("descriptors of all processes", [_descriptors(begin), _descriptors(end)]),
        _flat("connections to the database", [_median(begin, "connections"), _median(end, "connections")]),
        _flat("temporary files", [_median(begin, "temporary"), _median(end, "temporary")]),
    ]  # fmt: skip


def _memory(name: str, begin: Sequence[Look], end: Sequence[Look]) -> Row:
    before, after = (
        median(look.processes[name].memory_mb for look in looks if name in look.processes)
        for looks in (begin, end)
    )
    growth = after / before - 1
    told = f"{before:.0f} to {after:.0f} MB ({growth:+.1%})"
    return Row(f"soak, memory of {name}", "< +5 %", told, growth < 0.05)


def _flat(what: str, values: Sequence[float]) -> Row:
    before, after = values
    return Row(f"soak, {what}", "flat", f"{before:.0f} to {after:.0f}", after <= before + _SLACK)


def _descriptors(looks: Sequence[Look]) -> float:
    return median(sum(reading.descriptors for reading in look.processes.values()) for look in looks)


def _median(looks: Sequence[Look], field: str) -> float:
    return median(getattr(look, field) for look in looks)


def _books(site: Site, samples: Sequence[Sample]) -> list[Row]:
    lost, books = site.lost([s.job_id for s in samples]), site.has_right_books()
    told = f"{lost} lost, books {'right' if books else 'WRONG'}"
    return [Row("soak, afterwards", "none lost, books right", told, books and not lost)]
