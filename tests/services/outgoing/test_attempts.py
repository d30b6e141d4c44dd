"""When a delivery is tried again, by whom, and what becomes of those whose process dies."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from services import jobs
from services.outgoing import deliveries
from services.outgoing.models import WebhookDelivery
from tests.racing import at_once, move_clock
from tests.services.outgoing import receiver as behave

pytestmark = pytest.mark.django_db(transaction=True)
State = WebhookDelivery.State


def test_the_gaps_grow_over_three_days(receiver, failed_job, deliver):
    receiver.behaviour = behave.answers(500)
    waited = []
    while WebhookDelivery.objects.get().state == State.PENDING:
        WebhookDelivery.objects.update(next_at=Now())
        [delivery] = deliver()
        waited.append((delivery.next_at - timezone.now()).total_seconds())
    assert (len(waited), delivery.state) == (13, State.GIVEN_UP)
    assert all(
        later > 0.8 * earlier for earlier, later in zip(waited[:-2], waited[1:-1], strict=True)
    )
    assert 2.5 * 86_400 < sum(waited[:-1]) < 3.5 * 86_400


def test_the_gaps_differ_from_one_delivery_to_another(receiver, new_job, endpoint, deliver):
    for _ in range(5):
        jobs.fail(new_job(), "no", code="internal_error")
    receiver.behaviour = behave.answers(500)
    gaps = {round((delivery.next_at - timezone.now()).total_seconds(), 2) for delivery in deliver()}
    assert len(gaps) > 1


def test_every_attempt_is_in_the_log(receiver, failed_job, deliver):
    receiver.behaviour = behave.answers(503)
    deliver()
    receiver.behaviour = behave.answers(200)
    WebhookDelivery.objects.update(next_at=Now())
    [delivery] = deliver()
    assert [entry["status"] for entry in delivery.log] == [503, 200]


def test_of_many_takers_one_gets_a_delivery(failed_job):
    delivery = WebhookDelivery.objects.get()
    assert sorted(at_once(deliveries.take, [delivery] * 8)) == [False] * 7 + [True]


def test_a_process_whose_clock_is_ahead_leaves_what_another_is_posting(failed_job, monkeypatch):
    deliveries.take(WebhookDelivery.objects.get())
    move_clock(monkeypatch, 120)
    assert list(deliveries.due()) == []


def test_a_process_whose_clock_is_ahead_puts_nothing_off(
    receiver, failed_job, deliver, monkeypatch
):
    receiver.behaviour = behave.answers(500)
    with monkeypatch.context() as there:
        move_clock(there, 120)
        [delivery] = deliver()
    assert (delivery.next_at - timezone.now()).total_seconds() < 15


def test_what_a_process_sends_again_whose_clock_is_ahead_is_due_at_once(failed_job, monkeypatch):
    with monkeypatch.context() as there:
        move_clock(there, 120)
        deliveries.renew(WebhookDelivery.objects.get())
    assert deliveries.take(WebhookDelivery.objects.get())


def test_what_a_killed_process_had_taken_is_due_again_after_a_while(receiver, failed_job, deliver):
    deliveries.take(WebhookDelivery.objects.get())
    before = deliver()
    WebhookDelivery.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    [delivery] = deliver()
    assert (before, delivery.state, delivery.attempts) == ([], State.DELIVERED, 2)


def test_what_takes_its_process_down_each_time_is_given_up_at_last(receiver, failed_job, deliver):
    for _ in range(len(deliveries.GAPS_S) + 1):
        assert deliveries.take(WebhookDelivery.objects.get())
        WebhookDelivery.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    [delivery] = deliver()
    assert (delivery.state, receiver.received) == (State.GIVEN_UP, [])


def test_a_late_outcome_does_not_overwrite_a_newer_one(receiver, failed_job, deliver):
    [delivery] = deliver()
    stale = WebhookDelivery.objects.select_related("event", "endpoint").get()
    stale.attempts = 7
    deliveries._note(stale, deliveries.Outcome(500, "", 1))
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED


def test_a_late_failure_puts_nothing_off_that_is_tried_anew(failed_job):
    rows = WebhookDelivery.objects.select_related("event", "endpoint")
    deliveries.take(rows.get())
    late = rows.get()
    WebhookDelivery.objects.update(next_at=Now())
    deliveries.take(rows.get())
    held_until = rows.get().next_at
    deliveries._note(late, deliveries.Outcome(500, "", 1))
    assert (rows.get().next_at, rows.get().log) == (held_until, [])
