"""E1: 1 to 32 clients, each asking again when it is answered. Throughput flat once it is full."""

from dataclasses import dataclass

from benchmarks.load import driver
from benchmarks.load.driver import Sample
from benchmarks.load.rows import Row
from benchmarks.load.site import Site, running

CLIENTS = (1, 2, 4, 8, 16, 32)
#: From here on the queue is never empty on two cores.
_FULL = 4
_WARM_UP_S = 5.0


@dataclass(frozen=True)
class Curve:
    """Samples by number of clients."""

    samples: dict[int, list[Sample]]

    @property
    def peak(self) -> float:
        """The most results a second."""
        return max(driver.per_second(samples) for samples in self.samples.values())

    def p95_s(self, clients: int) -> float:
        return driver.percentile(driver.times_of(self.samples[clients]), 95)


def warm(site: Site, keys: list[str]) -> None:
    """The first runs choose how to divide the cores; no figure is taken from them."""
    driver.closed(driver.upload(site.service, keys, site.photo), 4, _WARM_UP_S)


def curve(site: Site, seconds: float, clients: tuple[int, ...] = CLIENTS) -> Curve:
    keys = site.accounts(4)
    warm(site, keys)
    send = driver.upload(site.service, keys, site.photo)
    return Curve({number: driver.closed(send, number, seconds) for number in clients})


def measure(seconds: float) -> list[Row]:
    with running() as site:
        began = site.processor_s()
        found = curve(site, seconds)
        costs = _costs(began, site.processor_s(), found)
        rows = [_row(number, samples) for number, samples in found.samples.items()]
        return [*rows, *_bars(found), costs, *_books(site, found)]


def _row(clients: int, samples: list[Sample]) -> Row:
    times = driver.times_of(samples)
    half, most = (driver.percentile(times, share) for share in (50, 95))
    return Row(
        f"closed loop, {clients} clients",
        "only 200, 429, 503",
        f"{driver.per_second(samples):.1f}/s, p50 {half:.2f} s, p95 {most:.2f} s; {driver.told(samples)}",
        driver.are_fit(samples),
    )


def _bars(found: Curve) -> list[Row]:
    two = driver.times_of(found.samples[2])
    ratio = driver.percentile(two, 95) / driver.percentile(two, 50)
    rates = [driver.per_second(s) for number, s in found.samples.items() if number >= _FULL]
    flat = min(rates) / max(rates)
    return [
        Row("p95 / p50 of 2 clients", "<= 2", f"{ratio:.2f}", ratio <= 2),
        Row(
            f"least / most throughput from {_FULL} clients on", ">= 0.9", f"{flat:.2f}", flat >= 0.9
        ),
    ]


def _costs(before: dict[str, float], after: dict[str, float], found: Curve) -> Row:
    """Of everything that shares the cores but PostgreSQL and Redis; with the warming up, so a little high."""
    count = sum(len(samples) for samples in found.samples.values())
    told = (f"{part} {(after[part] - before[part]) / count * 1000:.0f} ms" for part in after)
    return Row("processor time a request", "", ", ".join(told))


def _books(site: Site, found: Curve) -> list[Row]:
    jobs = [sample.job_id for samples in found.samples.values() for sample in samples]
    lost, books = site.lost(jobs), site.has_right_books()
    told = f"{lost} lost of {len(jobs)}, books {'right' if books else 'WRONG'}"
    return [Row("results after all of it", "none lost, books right", told, books and not lost)]
