"""E2: three times what it can do, open loop; then half of it. Refused early, back soon."""

import threading
import time

from benchmarks.load import closed, driver
from benchmarks.load.closed import Curve
from benchmarks.load.driver import Sample
from benchmarks.load.rows import Row
from benchmarks.load.site import Site, running

_CALM_S, _BACK_WITHIN_S = 40.0, 15.0
#: The number of clients of E1 whose p95 it has to come back to: two to a core.
_PEER = 4
#: Random arrivals at half load meet more of a queue than a steady few clients do.
_ALLOWED = 1.5


class Depth(threading.Thread):
    """How many jobs wait, looked at twice a second."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site = site
        self.seen: list[int] = []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.5):
            self.seen.append(self.site.waiting())

    def stop(self) -> None:
        self._over.set()
        self.join()


def measure(seconds: float) -> list[Row]:
    with running() as site:
        found = closed.curve(site, 15, (_PEER, 8))
        send = driver.upload(site.service, site.accounts(8), site.photo)
        depth = Depth(site)
        depth.start()
        began = time.monotonic()
        phases = ((found.peak * 3, seconds), (found.peak * 0.5, _CALM_S))
        samples = driver.in_phases(send, phases)
        depth.stop()
        return [*_rows(found, samples, began + seconds), *_state(site, depth, samples)]


def _rows(found: Curve, samples: list[Sample], turned: float) -> list[Row]:
    heavy = [sample for sample in samples if sample.due < turned]
    done = [sample for sample in driver.served(samples) if sample.ended < turned]
    rate = len(done) / (turned - min(sample.due for sample in heavy))
    waits = driver.times_of([sample for sample in heavy if sample.is_refusal])
    refused = driver.percentile(waits, 99)
    late = [sample for sample in samples if sample.due >= turned + _BACK_WITHIN_S]
    back, peer = driver.percentile(driver.times_of(late), 95), found.p95_s(_PEER)
    served = driver.percentile(driver.times_of(driver.served(heavy)), 95)
    return [
        Row("3x overload, answers", "only 200, 429, 503", driver.told(samples), driver.are_fit(samples)),
        Row("3x overload, p99 of a refusal", "< 1 s", f"{refused:.2f} s", refused < 1),
        Row(
            "3x overload, results a second",
            ">= 80 % of the peak",
            f"{rate:.1f} of {found.peak:.1f} ({rate / found.peak:.0%})",
            rate >= 0.8 * found.peak,
        ),
        Row("3x overload, p95 of what is served", "", f"{served:.1f} s"),
        Row(
            f"half load, p95 from {_BACK_WITHIN_S:.0f} s later on",
            f"<= {_ALLOWED} x p95 of {_PEER} clients",
            f"{back:.2f} s beside {peer:.2f} s; {driver.told(late)}",
            back <= _ALLOWED * peer,
        ),
    ]  # fmt: skip


def _state(site: Site, depth: Depth, samples: list[Sample]) -> list[Row]:
    books, lost = site.has_right_books(), site.lost([sample.job_id for sample in samples])
    told = f"{lost} lost, books {'right' if books else 'WRONG'}"
    most = max(depth.seen)
    return [
        Row("3x overload, pictures waiting", "bounded", f"at most {most}", most < 1000),
        Row("3x overload, afterwards", "none lost, books right", told, books and not lost),
    ]
