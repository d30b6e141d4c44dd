"""E5: Redis hangs, comes back empty, and is full."""

import signal

import pytest
import redis

from tests.faults.inspector import wait_until_quiet
from tests.faults.journal import now
from tests.faults.level import at_level, full_only
from tests.faults.outage import Outage, pause

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(400),
]
MUST = "503 within 5 s or served; served again <= 15 s; quiet <= 120 s"


def judge(installation, hold, name, first, last):
    Outage(name, MUST, first, last, refused_within_s=5).judge(installation, hold)


def test_redis_that_hangs(under_load, hold):
    first = now()
    under_load.redis.signal(signal.SIGSTOP)
    pause(at_level(10, 5))
    under_load.redis.signal(signal.SIGCONT)
    judge(under_load, hold, "E5 Redis hangs (SIGSTOP)", first, now())


@full_only
def test_redis_that_is_killed_and_comes_back_empty(under_load, hold):
    first = now()
    under_load.redis.kill()
    pause(10)
    under_load.redis.start()
    judge(under_load, hold, "E5 Redis killed, back empty after 10 s", first, now())


def test_jobs_whose_messages_vanished_are_done_all_the_same(installation, hold):
    driver = installation.driver()
    installation.signal_worker(signal.SIGSTOP)
    count = at_level(20, 5)
    for _ in range(count):
        assert driver.send(Prefer="respond-async").status == 202
    installation.redis.kill()
    installation.redis.start()
    installation.signal_worker(signal.SIGCONT)
    quiet_s = wait_until_quiet(installation.database)
    ids = [work.job_id for work in installation.journal.works]
    done = installation.count(
        "services_job where state = 'completed' and id = any(%s::uuid[])", ids
    )
    hold(
        "E5 Redis emptied, messages lost",
        "every job is sent again and done within 120 s",
        f"{done} of {count} completed, quiet after {quiet_s:.0f} s",
        done == count and quiet_s <= 120,
    )


@full_only
def test_redis_that_is_full(under_load, hold):
    client = under_load.redis.client()
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "4mb")
    first = now()
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        while True:
            client.rpush("filler", bytes(1000))
    pause(10)
    client.config_set("maxmemory", "0")
    last = now()
    client.delete("filler")
    client.close()
    judge(under_load, hold, "E5 Redis full (4 MB, noeviction)", first, last)
