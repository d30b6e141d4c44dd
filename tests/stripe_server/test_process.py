"""The server as a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import stripe

from tests.racing import until

ROOT = Path(__file__).resolve().parents[2]


class Process:
    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "tests.stripe_server", "--until-stdin-closes", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.url = self.process.stdout.readline().split()[-1]

    def client(self, key: str = "sk_test_maskr") -> stripe.StripeClient:
        return stripe.StripeClient(key, base_addresses={"api": self.url})

    def stop(self) -> int:
        self.process.communicate()
        return self.process.returncode


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def begin(*options: str) -> Process:
        started.append(Process(*options))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.stop()


def test_it_answers_under_its_own_key(start):
    process = start("--key", "sk_test_own")
    assert process.client("sk_test_own").v1.customers.list().data == []


def test_it_ends_with_the_process_that_began_it(start):
    assert start().stop() == 0


def test_it_delivers_webhooks(start, inbox):
    process = start("--webhook-url", inbox.url, "--webhook-secret", "whsec_maskr")
    process.client().v1.customers.create({})
    until(lambda: inbox.types == ["customer.created"])


def test_what_happens_backstage_can_be_asked_for(start):
    process = start("--with-catalogue")
    answer = httpx.post(f"{process.url}/_test/find", json={"kind": "promotion_code"})
    assert [code["code"] for code in answer.json()] == ["WELCOME10"]


def test_what_nobody_can_do_backstage_is_not_found(start):
    assert httpx.post(f"{start().url}/_test/stop").status_code == 404


def test_it_goes_on_where_it_was_stopped(start, tmp_path):
    first = start("--state", str(tmp_path / "state.json"))
    customer = first.client().v1.customers.create({"email": "bob@example.com"}).id
    first.stop()
    second = start("--state", str(tmp_path / "state.json"))
    assert second.client().v1.customers.retrieve(customer).email == "bob@example.com"


def test_prices_to_try_plans_with_are_there_on_request(start):
    price = start("--with-catalogue").client().v1.prices.retrieve("price_demo_monthly")
    assert (price.unit_amount, price.recurring.interval) == (1900, "month")
