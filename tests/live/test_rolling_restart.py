"""A release: web processes and workers are replaced one after another under load, behind nginx."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.live.nginx import Nginx
from tests.live.product import Product, until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]


@pytest.fixture
def pair(tmp_path, u2netp_only, database, redis_url) -> Iterator[tuple[Product, Product]]:
    """Two web processes and a worker; the first one's address is nginx's."""
    (tmp_path / "var").mkdir()
    urls = {"DATABASE_URL": database.url, "BROKER_URL": redis_url, "MASKR_ORT_THREADS": "1"}
    with ExitStack() as closing:
        first = Product(tmp_path / "var", u2netp_only, **urls)
        second = first.twin()
        closing.callback(first.close)
        closing.callback(second.close)
        first.worker = first.start("worker", "--threads", "1")
        first.serve()
        second.serve()
        nginx = Nginx(tmp_path / "nginx", [first.url, second.url])
        closing.callback(nginx.close)
        until(lambda: first.answers("/health/ready") and second.answers("/health/ready"))
        yield first, second.behind(nginx.url)


def replace_web(product: Product) -> None:
    old = product.processes[-1]
    old.terminate()
    old.wait(60)
    product.serve()
    # As docs/upgrades.md says: nginx leaves out for a second what has just refused it.
    threading.Event().wait(1.5)


def test_a_release_fails_no_request(pair):
    first, second = pair
    key, stop = first.account(100_000), threading.Event()

    def client(_: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        while not stop.is_set():
            seen += second.send_many(key, 1, 1)
        return seen

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client, number) for number in range(4)]
        replace_web(first)
        replace_web(second)
        first.start("worker", "--threads", "1")
        first.worker.terminate()
        first.worker.wait(90)
        stop.set()
        answers = sum((client.result() for client in clients), Counter[str]())
    assert (set(answers), first.audit()) == ({"200 completed"}, [])
