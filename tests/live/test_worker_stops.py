"""A worker that is asked to stop, as in a rolling restart."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.product import until

pytestmark = [pytest.mark.weights, pytest.mark.postgres, pytest.mark.redis]


def test_a_rolling_restart_loses_nothing(distributed):
    key = distributed.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(distributed.send_many, key, 12, 12)
        until(lambda: sum(distributed.states().values()) == 12)
        distributed.start("worker")
        distributed.worker.terminate()
        assert answers.result() == {"200 completed": 12}
    assert (distributed.worker.wait(60), distributed.audit()) == (0, [])
