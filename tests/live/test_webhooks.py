"""Webhooks of real processes: delivered, not lost by a kill, no secret left anywhere."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.live.product import Product, until
from tests.services.outgoing import receiver as behave
from tests.services.outgoing.receiver import Receiver

pytestmark = pytest.mark.weights
LISTEN = """
from accounts.models import ApiKey
from services.outgoing import endpoints, signing
made = endpoints.create(ApiKey.objects.get().user, {url!r}, ["job.completed"], site_url={site!r})
print(signing.secret_of(made))
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.disappear()


def listen(product: Product, receiver: Receiver) -> str:
    """An endpoint of the only account; its secret."""
    code = LISTEN.format(url=receiver.url, site=product.url)
    return product.manage("shell", "-v0", "-c", code).strip()


@pytest.fixture
def open_product(embedded) -> Product:
    embedded.environment["MASKR_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    return embedded


def test_a_picture_is_told_of_and_its_link_opens(open_product, receiver):
    open_product.serve()
    key = open_product.account(3)
    listen(open_product, receiver)
    open_product.send(key)
    until(lambda: bool(receiver.received), 20)
    told = json.loads(receiver.received[0].body)
    assert httpx.get(told["data"]["result"]["output_url"]).status_code == 200


def test_an_event_outlives_a_kill(open_product, receiver):
    server = open_product.serve()
    key = open_product.account(3)
    listen(open_product, receiver)
    receiver.behaviour = behave.hangs
    open_product.send(key)
    until(lambda: bool(receiver.received), 20)
    open_product.kill(server)
    receiver.behaviour = behave.answers(200)
    open_product.serve()
    # The attempt under way belongs to the dead process until its hold has passed.
    until(lambda: len(receiver.received) == 2, 90)
    ids = {request.headers["maskr-event-id"] for request in receiver.received}
    assert len(ids) == 1


def test_a_hanging_endpoint_slows_no_picture(open_product, receiver):
    open_product.serve()
    key = open_product.account(100)
    listen(open_product, receiver)
    receiver.behaviour = behave.hangs
    answers = open_product.send_many(key, 12, 6)
    assert answers == {"200 completed": 12}


def test_neither_key_nor_secret_is_in_logs_database_and_metrics(open_product, receiver):
    server = open_product.serve()
    key = open_product.account(3)
    secret = listen(open_product, receiver)
    open_product.send(key)
    until(lambda: bool(receiver.received), 20)
    metrics = httpx.get(f"{open_product.url}/metrics").text
    server.terminate()
    server.wait(timeout=40)
    kept = [open_product.log.read_text(), open_product.manage("dumpdata"), metrics]
    signature = receiver.received[0].headers["maskr-signature"].rpartition("v1=")[2]
    secrets = [key[12:-4], secret.removeprefix("whsec_"), signature]
    assert [text for text in kept if any(part in text for part in secrets)] == []


@pytest.mark.postgres
@pytest.mark.redis
def test_a_picture_is_told_of_by_processes_of_their_own(distributed, receiver):
    distributed.environment["MASKR_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    for process in distributed.processes:
        distributed.kill(process)
    distributed.worker = distributed.start("worker")
    distributed.serve()
    key = distributed.account(3)
    listen(distributed, receiver)
    assert distributed.send(key).json()["status"] == "completed"
    until(lambda: bool(receiver.received), 20)
    assert json.loads(receiver.received[0].body)["type"] == "job.completed"
