"""E3: workers die of kill -9 at random moments, under load."""

import random

import pytest

from tests.faults.inspector import wait_until_quiet, watch
from tests.faults.installation import Installation
from tests.faults.journal import slowest
from tests.faults.level import at_level
from tests.faults.outage import pause
from tests.live.product import until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(900),
]


def until_working(installation: Installation) -> None:
    """Returns when a worker has taken a job from now on: those of the dead are in the works as well."""
    now = installation.query("select clock_timestamp()")[0][0]
    taken = "services_job where state = 'processing' and started_at > %s"
    until(lambda: installation.count(taken, now) > 0, 120)


def test_workers_killed_at_random_moments_lose_and_charge_nothing(installation, hold):
    kills = at_level(50, 4)
    driver = installation.driver()
    with watch(installation.first) as watching, driver.steady(16):
        # Two at a time, so that somebody works while the next one starts.
        spare = installation.start_worker()
        for _ in range(kills):
            until_working(installation)
            pause(random.uniform(0, 0.3))
            installation.kill(installation.worker)
            installation.worker, spare = spare, installation.start_worker()
    quiet_s = wait_until_quiet(installation.database)
    installation.kill(spare)
    journal = installation.journal
    again = installation.count("services_job where attempts > 1")
    failed = installation.query(_FAILED, [work.job_id for work in journal.works])
    hold(
        "E3 worker killed (kill -9)",
        "each job completed once or, killed three times, failed uncharged; no answer out of order, quiet <= 120 s",
        f"{kills} kills, {len(journal.seen)} requests, {again} jobs done again, "
        f"failed uncharged: {_told(failed)}; slowest {slowest(journal.seen):.0f} s, quiet after {quiet_s:.0f} s, "
        f"I1–I3 looked at {watching.looks} times",
        journal.faults == [] and quiet_s <= 120 and {code for code, *_ in failed} <= {"gave_up"},
    )


_FAILED = """select error_code, attempts, count(*) from services_job
    where state = 'failed' and id = any(%s::uuid[]) group by 1, 2 order by 1, 2"""


def _told(failed: list[tuple[str, int, int]]) -> str:
    return ", ".join(f"{n} x {code} after {tries} tries" for code, tries, n in failed) or "none"
