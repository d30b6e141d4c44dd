"""The threads that deliver: woken at the commit, few to one endpoint, and the others not held up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from services import jobs
from services.outgoing import deliveries, endpoints, posting
from services.outgoing.couriers import Couriers
from services.outgoing.models import WebhookDelivery
from tests.racing import until
from tests.services.outgoing import receiver as behave
from tests.services.outgoing.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
State = WebhookDelivery.State


@pytest.fixture
def couriers(endpoint) -> Iterator[Couriers]:
    """They look by themselves once an hour: what is quicker was woken."""
    running = Couriers(interval_s=3600)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def other(alice) -> Iterator[Receiver]:
    """Another server, which wants to know of nothing but failures."""
    server = Receiver()
    endpoints.create(alice.user, server.url, ["job.failed"])
    yield server
    server.disappear()


@pytest.fixture
def of_bob(bob) -> Iterator[Receiver]:
    """Bob's server, which wants to know of nothing but failures."""
    server = Receiver()
    endpoints.create(bob.user, server.url, ["job.failed"])
    yield server
    server.disappear()


def states() -> list[str]:
    return sorted(WebhookDelivery.objects.values_list("state", flat=True))


def fail(job) -> None:
    jobs.fail(job, "It was not to be.", code="internal_error")


def test_an_event_is_delivered_after_its_commit(couriers, new_job, receiver):
    fail(new_job())
    until(lambda: states() == [State.DELIVERED])
    assert len(receiver.received) == 1


def test_a_picture_is_told_of_in_the_same_process(couriers, worker, alice, receiver):
    alice.post()
    until(lambda: states() == [State.DELIVERED])
    assert b"job.completed" in receiver.received[0].body


def test_what_was_due_at_the_start_is_delivered(new_job, endpoint, receiver):
    fail(new_job())
    running = Couriers()
    running.start()
    until(lambda: states() == [State.DELIVERED])
    running.stop()


def test_many_are_delivered_once_each(couriers, new_job, receiver):
    for _ in range(20):
        fail(new_job())
    until(lambda: states() == [State.DELIVERED] * 20)
    ids = [request.headers["maskr-event-id"] for request in receiver.received]
    assert len(set(ids)) == len(ids) == 20


def test_two_processes_deliver_once(couriers, new_job, receiver):
    second = Couriers(interval_s=0.01)
    second.start()
    for _ in range(20):
        fail(new_job())
    until(lambda: states() == [State.DELIVERED] * 20)
    second.stop()
    assert len(receiver.received) == 20


def test_a_hanging_endpoint_holds_up_no_other(couriers, new_job, receiver, other, monkeypatch):
    monkeypatch.setattr(posting, "DEADLINE_S", 6.0)
    receiver.behaviour = behave.hangs
    for _ in range(10):
        fail(new_job())
    until(lambda: len(other.received) == 10, timeout_s=5.5)
    assert receiver.most_at_once <= couriers.most_to_one


def test_one_owners_hanging_endpoints_hold_up_nobody_else(
    couriers, new_job, receiver, alice, bob, of_bob, monkeypatch
):
    monkeypatch.setattr(posting, "DEADLINE_S", 6.0)
    receiver.behaviour = behave.hangs
    for _ in range(5):
        endpoints.create(alice.user, receiver.url, ["job.failed"])
    for _ in range(4):
        fail(new_job())
    until(lambda: receiver.most_at_once >= couriers.threads // 2)
    fail(new_job(owner=bob.user))
    until(lambda: len(of_bob.received) == 1, timeout_s=5.5)
    assert receiver.most_at_once == couriers.threads // 2


def test_a_failed_delivery_keeps_the_others(couriers, new_job, receiver, monkeypatch):
    real, failures = deliveries.attempt, iter([RuntimeError("a fault of ours")])

    def attempt(delivery_id) -> None:
        if error := next(failures, None):
            raise error
        real(delivery_id)

    monkeypatch.setattr(deliveries, "attempt", attempt)
    fail(new_job())
    fail(new_job())
    until(lambda: states() == [State.DELIVERED, State.PENDING])


def test_a_stop_lets_what_is_under_way_end(new_job, endpoint, receiver):
    running = Couriers(interval_s=3600)
    receiver.behaviour = lambda talk: (talk.ended.wait(0.3), behave.answers(200)(talk))
    running.start()
    fail(new_job())
    until(lambda: receiver.received)
    running.stop()
    assert states() == [State.DELIVERED]


def test_a_mail_about_an_endpoint_goes_out(new_job, endpoint, mailoutbox):
    endpoints.switch_off(endpoint, "It failed.", tells=True)
    running = Couriers()
    running.start()
    until(lambda: mailoutbox)
    running.stop()


def test_what_is_not_due_waits(couriers, new_job, receiver):
    fail(new_job())
    until(lambda: states() == [State.DELIVERED])
    later = timezone.now() + timedelta(hours=1)
    WebhookDelivery.objects.update(state=State.PENDING, next_at=later)
    couriers.round()
    connection.close()
    assert len(receiver.received) == 1
