"""E21: one Idempotency-Key sent a hundred times at once, with something else, and a day later."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.faults.inspector import watch
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
PRICE = 3
KEY = "order-17"


def test_a_hundred_equal_requests_at_once_are_one_job(shop, hold):
    person = shop.person(credits=1_000)
    driver = shop.driver(person)
    with watch(shop.installation.first), ThreadPoolExecutor(100) as pool:
        seen = list(pool.map(lambda _: driver.send(idempotency_key=KEY), range(100)))
    statuses = Counter(one.status for one in seen)
    first = [one for one in seen if one.status == 200 and not one.replayed]
    jobs = {work.job_id for one in seen for work in one.works}
    hold(
        "E21 100 parallel requests with one key",
        "1 job, 99 replays or 409, one charge",
        f"{dict(statuses)}, {len(jobs)} job, {1_000 - shop.balance(person) / 100:g} credits",
        (set(statuses) <= {200, 409}, len(first), len(jobs)) == (True, 1, 1)
        and shop.balance(person) == (1_000 - PRICE) * 100,
    )


def test_a_replay_is_the_same_answer_by_whichever_process(shop):
    driver = shop.driver(shop.person(credits=PRICE))
    seen = [driver.send(idempotency_key=KEY, url=url) for url in shop.urls]
    assert (seen[0].answer, seen[1].replayed) == (seen[1].answer, True)


def test_another_picture_another_account_and_too_long_a_key(shop, hold):
    person, other = shop.person(credits=100), shop.person(credits=100)
    driver, another = shop.driver(person), shop.driver(other)
    first = driver.send(idempotency_key=KEY)
    changed = driver.send(picture(width=90), idempotency_key=KEY)
    separate = another.send(idempotency_key=KEY)
    longest, too_long = (driver.send(idempotency_key="k" * size) for size in (255, 256))
    found = [one.status for one in (changed, separate, longest, too_long)]
    own_job = separate.works[0].job_id != first.works[0].job_id
    hold(
        "E21 another body, another account, 255 and 256 characters",
        "422, a job of its own, 200, 400",
        f"{found}",
        (found, separate.replayed, own_job) == ([422, 200, 200, 400], False, True),
    )


_EARLIER = """
UPDATE services_idempotentrequest SET created_at = created_at - %s WHERE owner_id = %s
"""


@pytest.mark.parametrize(("hours", "jobs"), [(23, 1), (25, 2)])
def test_a_key_is_remembered_for_a_day(shop, hold, hours, jobs):
    person = shop.person(credits=100)
    driver = shop.driver(person)
    first = driver.send(idempotency_key=KEY)
    shop.do(_EARLIER, [timedelta(hours=hours), person.user])
    later = driver.send(idempotency_key=KEY)
    found = {work.job_id for one in (first, later) for work in one.works}
    hold(
        f"E21 the same key {hours} h later",
        f"{jobs} job{'s' * (jobs > 1)}",
        f"{len(found)}, {100 - shop.balance(person) / 100:g} credits",
        (len(found), shop.balance(person)) == (jobs, (100 - jobs * PRICE) * 100),
    )
