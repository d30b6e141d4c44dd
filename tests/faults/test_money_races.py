"""E14 and E15: more pictures at one moment than there are credits for."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
FIFTY = [picture()] * 50


def told(answer: dict[str, Any]) -> tuple[int, int, int]:
    """Completed, refused for credits, and what the sums of the answer leave out."""
    refused = sum(row["error"] == "Insufficient credits" for row in answer["results"])
    unsaid = answer["total_files"] - answer["completed"] - answer["failed"]
    return answer["completed"], refused, unsaid


def test_a_batch_of_50_with_credits_for_25_completes_25(shop, hold):
    person = shop.person(credits=25 * PRICE)
    with watch(shop.installation.first):
        seen = shop.driver(person).batch(FIFTY)
    found = told(seen.answer), shop.balance(person), seen.answer["total_credits_used"]
    states = [row["status"] for row in seen.answer["results"]]
    hold(
        "E14 a batch of 50 with credits for 25",
        "the first 25 completed, 25 refused, balance 0",
        f"{found[0][0]} completed, {found[0][1]} refused, balance {found[1]}",
        found == ((25, 25, 0), 0, 25 * PRICE) and states == ["completed"] * 25 + ["failed"] * 25,
    )


def test_two_batches_and_single_requests_share_credits_for_25(shop, hold):
    person = shop.person(credits=25 * PRICE)
    driver = shop.driver(person)
    with watch(shop.installation.first), ThreadPoolExecutor(12) as pool:
        batches = [pool.submit(driver.batch, FIFTY, url=url) for url in shop.urls]
        singles = [pool.submit(driver.send) for _ in range(10)]
    answers = [batch.result().answer for batch in batches if batch.result().status == 200]
    in_batches = sum(told(answer)[0] for answer in answers)
    alone = Counter(single.result().status for single in singles)
    unsaid = [told(answer)[2] for answer in answers]
    hold(
        "E14 two such batches and 10 single requests at once",
        "25 completed in all, balance 0",
        f"{in_batches} in batches, {alone[200]} alone, balance {shop.balance(person)}",
        (in_batches + alone[200], shop.balance(person), set(unsaid) <= {0}) == (25, 0, True)
        and set(alone) <= {200, 402}
        and {batch.result().status for batch in batches} <= {200, 402},
    )


def test_credits_for_10_serve_10_of_200_parallel_requests(shop, hold):
    person = shop.person(credits=10 * PRICE)
    driver = shop.driver(person)
    with watch(shop.installation.first), ThreadPoolExecutor(200) as pool:
        seen = list(pool.map(lambda _: driver.send(), range(200)))
    found = Counter(one.status for one in seen)
    hold(
        "E15 200 parallel requests with credits for 10",
        "10 × 200, 190 × 402, balance 0",
        f"{dict(found)}, balance {shop.balance(person)}",
        (found, shop.balance(person)) == ({200: 10, 402: 190}, 0),
    )
