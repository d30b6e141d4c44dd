"""A bucket that takes its time, and clients that do: with one connection to the database for all."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests import buckets
from tests.buckets import Gate
from tests.live.product import SERVICE, Product, ScratchDatabase, until
from tests.needs import need
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
#: Of an upload, so much that it has a thread.
_BEGUN = 100_000


@pytest.fixture(scope="module")
def narrow(tmp_path_factory, u2netp_only, redis_url) -> Iterator[Product]:
    """A web process and a worker, each with a single connection."""
    with ExitStack() as closing:
        try:
            database = ScratchDatabase()
        except psycopg.Error as error:
            need("PostgreSQL", str(error))
        closing.callback(database.drop)
        storage = closing.enter_context(buckets.storage())
        folder = tmp_path_factory.mktemp("narrow") / "var"
        folder.mkdir()
        product = Product(
            folder,
            u2netp_only,
            DATABASE_URL=database.url,
            BROKER_URL=redis_url,
            STORAGE_URL=storage,
            MASKR_DB_POOL="1",
            MASKR_UPLOAD_GRACE="100",
        )
        closing.callback(product.close)
        product.worker = product.start("worker", "--threads", "2")
        product.serve()
        until(lambda: product.answers("/health/ready"))
        yield product


@pytest.fixture(scope="module")
def key(narrow) -> str:
    return narrow.account(1_000)


@pytest.fixture
def gate(narrow) -> Gate:
    return buckets.gate_of(narrow.environment["STORAGE_URL"])


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def is_served(product: Product, key: str) -> bool:
    """Whether somebody else is, by what takes a look at the database."""
    answer = httpx.get(product.url + "/v2/account", headers={"X-Api-Key": key}, timeout=20)
    return answer.status_code == 200


def test_while_the_bucket_takes_an_upload_others_are_served(narrow, key, gate, beside):
    with gate.holding("PUT", "/inputs/") as hold:
        sending: Future[Any] = beside.submit(narrow.send, key)
        assert hold.has_come.wait(30)
        assert is_served(narrow, key)
    assert sending.result().json()["status"] == "completed"


def test_while_a_result_is_read_back_others_are_served(narrow, key, gate, beside):
    def send() -> httpx.Response:
        files = {"image_file": ("a.png", picture())}
        return httpx.post(narrow.url + "/v2", headers={"X-Api-Key": key}, files=files, timeout=60)

    with gate.holding("GET", "/results/") as hold:
        sending = beside.submit(send)
        assert hold.has_come.wait(30)
        assert is_served(narrow, key)
    assert sending.result().status_code == 200


def test_while_a_client_takes_its_time_to_send_others_are_served(narrow, key):
    head = (
        f"POST {SERVICE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    address = urlsplit(narrow.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as client:
        client.sendall(head.encode() + bytes(_BEGUN))
        assert all(is_served(narrow, key) for _ in range(30))
        client.setblocking(False)
        with pytest.raises(BlockingIOError):  # it is not refused meanwhile
            client.recv(1)


def test_while_the_bucket_gives_a_worker_an_upload_another_picture_is_done(
    narrow, key, gate, beside
):
    with gate.holding("GET", "/inputs/", most=1) as hold:
        first = beside.submit(narrow.send, key)
        assert hold.has_come.wait(30)
        assert narrow.send(key).json()["status"] == "completed"
        assert not first.done()
    assert first.result().json()["status"] == "completed"
