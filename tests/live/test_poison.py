"""A picture over which every worker dies, as by the kernel for its memory, beside others that are well."""

import psycopg
import pytest

from tests.live.product import Product, ScratchDatabase, until
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
_AT_ONCE = 3


def rows(database: ScratchDatabase) -> list[tuple[str, int, int]]:
    """State, tries and charge of all jobs, the first of which is the poison."""
    with psycopg.connect(database.url) as connection:
        found = connection.execute(
            "select state, attempts, charged from services_job order by created_at"
        )
        return found.fetchall()


def start(product: Product) -> None:
    product.worker = product.start("worker", "--threads", str(_AT_ONCE))


def has_ended(state: str) -> bool:
    return state in ("completed", "failed")


def test_a_picture_that_kills_its_worker_takes_no_other_with_it(distributed, database):
    distributed.kill(distributed.worker)
    key = distributed.account(100)
    large = picture("JPEG", width=6000, height=6000)
    for _ in range(_AT_ONCE):
        distributed.send(key, large, Prefer="respond-async")
    start(distributed)
    until(lambda: [tries for _, tries, _ in rows(database)] == [1] * _AT_ONCE, 60)
    while not has_ended(rows(database)[0][0]):
        distributed.kill(distributed.worker)
        start(distributed)
        tries = rows(database)[0][1]
        until(lambda: rows(database)[0][1] > tries or has_ended(rows(database)[0][0]), 60)  # noqa: B023
    until(lambda: all(has_ended(state) for state, *_ in rows(database)), 60)
    well = [(state, charged) for state, _, charged in rows(database)[1:]]
    assert rows(database)[0] == ("failed", 3, 0)
    assert (well, distributed.audit()) == ([("completed", 300)] * (_AT_ONCE - 1), [])
