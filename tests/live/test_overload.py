"""Three times what it can do: refused early, cheaply and with a time to come back, and then over it."""

from collections.abc import Iterator

import pytest

from benchmarks.load import driver
from benchmarks.load.driver import Sample
from tests.live.product import SERVICE, Product, ScratchDatabase, until
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),  # with the start of three processes, on however slow a machine
]
_OVERLOADED_S = 6.0


class Aftermath:
    """A product that was overloaded, and what it answered."""

    def __init__(self, product: Product, key: str, samples: list[Sample]) -> None:
        self.product, self.key, self.samples = product, key, samples


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory, u2netp_only, redis_url) -> Iterator[Aftermath]:
    """Overloaded once; the tests look at what came of it."""
    folder = tmp_path_factory.mktemp("overload") / "var"
    folder.mkdir()
    database = ScratchDatabase()
    product = Product(
        folder,
        u2netp_only,
        DATABASE_URL=database.url,
        BROKER_URL=redis_url,
        MASKR_WEB_THREADS="12",
        MASKR_MAX_QUEUE_AGE="2",
    )
    try:
        product.worker = product.start("worker")
        product.serve()
        until(lambda: product.answers("/health/ready"), 120)
        keys = [product.account(100_000) for _ in range(3)]
        send = driver.upload(product.url + SERVICE, keys, picture(width=640, height=480))
        capacity = driver.per_second(driver.closed(send, 4, 4))
        samples = driver.scheduled(send, max(20.0, capacity * 3), _OVERLOADED_S)
        yield Aftermath(product, keys[0], samples)
    finally:
        product.close()
        database.drop()


def test_there_are_only_results_and_refusals_with_a_time_to_come_back(aftermath):
    assert driver.are_fit(aftermath.samples), driver.told(aftermath.samples)


def test_some_are_refused(aftermath):
    assert driver.statuses(aftermath.samples)["503"]


def test_some_are_served(aftermath):
    assert driver.served(aftermath.samples)


def test_the_books_are_right(aftermath):
    assert aftermath.product.audit() == []


def test_what_was_served_was_charged_and_what_was_refused_left_no_job(aftermath):
    states = aftermath.product.states()
    assert set(states) == {"completed 300"}


def test_afterwards_a_picture_is_served_again(aftermath):
    assert aftermath.product.send(aftermath.key).status_code == 200
