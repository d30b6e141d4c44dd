"""Batches at the same moment, against a real process."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.live.product import SERVICE
from tests.pictures import picture

pytestmark = pytest.mark.weights


def send_batch(product, key, count):
    return httpx.post(
        f"{product.url}{SERVICE}/batch",
        headers={"Authorization": f"Bearer {key}"},
        files=[("files", (f"{index}.png", picture())) for index in range(count)],
        timeout=120,
    ).json()


def test_two_batches_of_25_with_credits_for_25_complete_25(embedded):
    embedded.serve()
    key = embedded.account(75)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: send_batch(embedded, key, 25), range(2)))
    done = sum(answer.get("completed", 0) for answer in answers)
    assert (done, embedded.audit()) == (25, [])
