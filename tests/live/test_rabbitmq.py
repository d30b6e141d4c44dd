"""Web and worker as processes of their own, on PostgreSQL, Redis and RabbitMQ."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from tests.live.product import Product, until
from tests.needs import RABBITMQ

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.rabbitmq,
]


@pytest.fixture
def product(tmp_path, u2netp_only, database, redis_url) -> Iterator[Product]:
    """One at a time: the queues have one name on the server, whoever uses it."""
    (tmp_path / "var").mkdir()
    with FileLock(Path(tmp_path.parent.parent) / "rabbitmq.lock"):
        product = Product(
            tmp_path / "var",
            u2netp_only,
            DATABASE_URL=database.url,
            BROKER_URL=RABBITMQ,
            MASKR_REDIS_URL=redis_url,
        )
        product.worker = product.start("worker")
        product.serve()
        until(lambda: product.answers("/health/ready"))
        yield product
        product.close()


def test_jobs_travel_by_rabbitmq(product):
    answers = product.send_many(product.account(1000), 12, 12)
    assert (answers, product.audit()) == ({"200 completed": 12}, [])


def test_a_killed_workers_jobs_on_rabbitmq_are_done_once_by_the_next(product):
    key = product.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(product.send_many, key, 12, 12)
        until(lambda: product.states()["processing 0"] > 0)
        product.kill(product.worker)
        product.start("worker")
        assert answers.result() == {"200 completed": 12}
    assert (product.states(), product.audit()) == ({"completed 300": 12}, [])
