"""E4: a web process dies between the commit of a job and its answer; the client asks again."""

import secrets
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.driver import Driver
from tests.faults.installation import Installation
from tests.faults.level import at_level
from tests.live.product import until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(600),
]
_WORK = "select work::text from services_idempotentrequest where key = %s and work is not null"


def is_same_after_a_death(installation: Installation, driver: Driver, number: int) -> bool:
    """One web process is killed with the job just placed; the other one is asked with the same key."""
    first, second = installation.urls[number % 2], installation.urls[1 - number % 2]
    key = secrets.token_hex(8)
    with ThreadPoolExecutor(1) as pool:
        # The job stays where it is until the process that placed it is dead.
        installation.signal_worker(signal.SIGSTOP)
        asked = pool.submit(driver.send, url=first, idempotency_key=key)
        until(lambda: bool(installation.query(_WORK, key)), 20)
        installation.kill(installation.webs[number % 2])
        installation.signal_worker(signal.SIGCONT)
        assert asked.result().broke
    work = installation.query(_WORK, key)[0][0]
    until(lambda: driver.send(url=second, idempotency_key=key).status == 200, 60)
    again = driver.send(url=second, idempotency_key=key)
    installation.revive()
    return again.replayed and again.works[0].job_id == work


def test_a_repeated_request_finds_the_job_of_the_process_that_died(installation, hold):
    rounds = at_level(10, 2)
    driver = installation.driver()
    same = sum(is_same_after_a_death(installation, driver, number) for number in range(rounds))
    charges = installation.query(
        "select count(*) from billing_ledgerentry l join services_idempotentrequest r"
        " on r.work = l.job where r.work is not null and r.key = any(%s)",
        [seen.idempotency_key for seen in installation.journal.seen],
    )[0][0]
    hold(
        "E4 web process killed between commit and answer",
        "the same key gives the same job, one charge",
        f"{same} of {rounds} replays of the same job, {charges} charges",
        same == charges == rounds and installation.journal.disorder == [],
    )
