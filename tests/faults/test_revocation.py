"""E20: a key is revoked while what it began is running."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.inspector import watch
from tests.faults.journal import Seen, now
from tests.faults.level import at_level
from tests.faults.shop import Person, Shop
from tests.live.product import until
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
PRICE = 3


@pytest.fixture(autouse=True)
def _unlimited_refusals(shop):
    """Refused keys are counted by network, and those of other experiments are in the same one."""
    shop.forget_counts()


def revoke(shop: Shop, person: Person) -> float:
    """As the owner's page does it; when it was done."""
    shop.do("UPDATE accounts_apikey SET revoked_at = now() WHERE id = %s", [person.key_id])
    return now()


def test_a_batch_that_runs_is_finished_and_new_requests_are_refused(shop, hold):
    count = at_level(full=50, part=20)
    person = shop.person(credits=1_000)
    driver = shop.driver(person)
    with watch(shop.installation.first), ThreadPoolExecutor(1) as pool:
        running = pool.submit(driver.batch, [picture()] * count)
        until(lambda: shop.jobs(person).get("completed", 0) > 0)
        revoke(shop, person)
        unfinished = count - shop.jobs(person)["completed"]
        refused = [driver.send(url=url).status for url in shop.urls * 5]
    answer = running.result().answer
    spent = 1_000 - shop.balance(person) / 100
    hold(
        "E20 key revoked during a batch",
        "new requests 401 at once, the batch is finished and charged",
        f"{dict(Counter(refused))}; {unfinished} of {count} unfinished then, "
        f"{answer['completed']} completed, {spent:g} credits",
        set(refused) == {401}
        and unfinished > 0
        and (answer["completed"], spent) == (count, count * PRICE),
    )


def test_parallel_requests_are_served_or_refused_and_never_halfway(shop, hold):
    person = shop.person(credits=1_000)
    driver = shop.driver(person)
    with watch(shop.installation.first), ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(driver.send) for _ in range(100)]
        until(lambda: sum(one.done() for one in sent) >= 10)
        revoked_at = revoke(shop, person)
    seen = [one.result() for one in sent]
    statuses = Counter(one.status for one in seen)
    late = _latest_served(seen, revoked_at)
    spent = 1_000 - shop.balance(person) / 100
    hold(
        "E20 key revoked during 100 parallel requests",
        "401 (then 429) ≤ 5 s later; only what was served is charged",
        f"{dict(statuses)}, {spent:g} credits, none served that began {late:.2f} s later or more",
        # The 21st refusal in a minute is a 429: only requests that fail anyway are slowed down.
        set(statuses) <= {200, 401, 429}
        and statuses[401] > 0
        and spent == PRICE * statuses[200]
        and late <= 5,
    )


def _latest_served(seen: list[Seen], revoked_at: float) -> float:
    """How long after the revocation the last request began that was served; 0 for before it."""
    return max([0.0, *(one.began_at - revoked_at for one in seen if one.is_success)])


def test_what_a_revoked_key_made_can_still_be_downloaded(shop):
    person = shop.person(credits=PRICE)
    driver = shop.driver(person)
    seen = driver.send()
    revoke(shop, person)
    driver.download(seen.works[0])
    assert (len(shop.journal.downloads), shop.journal.missed) == (1, [])
