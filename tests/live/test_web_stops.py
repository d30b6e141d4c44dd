"""A web process that is asked to stop while pictures are waited for, and nobody works."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.live.product import Product, until
from tests.pictures import picture

pytestmark = [pytest.mark.weights, pytest.mark.postgres, pytest.mark.redis]


def send_raw(product: Product, key: str) -> httpx.Response:
    files = {"image_file": ("a.png", picture())}
    return httpx.post(product.url + "/v2", headers={"X-Api-Key": key}, files=files, timeout=60)


def test_whoever_waits_is_answered_before_the_process_ends(distributed):
    """One is told where the picture will be; one who can be told of no later is not charged."""
    key = distributed.account(100)
    distributed.kill(distributed.worker)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(distributed.send, key), pool.submit(send_raw, distributed, key)]
        until(lambda: distributed.states() == {"pending 0": 2})
        server = distributed.processes[-1]
        server.terminate()
        assert [answer.result().status_code for answer in answers] == [202, 503]
    assert distributed.states() == {"pending 0": 1, "failed 0": 1}
    assert server.wait(30) == 0
