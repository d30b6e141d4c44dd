"""Endpoints that fail for long are switched off, and their owner is told once."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import mail
from django.utils import timezone

from services import jobs
from services.outgoing import deliveries, endpoints
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from tests.services.outgoing import receiver as behave

pytestmark = pytest.mark.django_db(transaction=True)
State = WebhookDelivery.State


def test_410_switches_the_endpoint_off_at_once(receiver, failed_job, endpoint, deliver):
    receiver.behaviour = behave.answers(410)
    [delivery] = deliver()
    endpoint.refresh_from_db()
    assert (endpoint.state, delivery.state) == ("disabled", State.GIVEN_UP)


def test_a_failure_begins_the_time_of_failing(receiver, failed_job, endpoint, deliver):
    receiver.behaviour = behave.answers(500)
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.state == "failing"


def test_a_success_ends_the_time_of_failing(receiver, failed_job, endpoint, deliver):
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=9))
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.state == "on"


def test_an_endpoint_that_fails_for_long_is_switched_off_with_a_mail(
    alice, receiver, failed_job, endpoint, deliver
):
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5, hours=1))
    receiver.behaviour = behave.answers(500)
    deliver()
    assert endpoints.tell_owners() == 1
    assert mail.outbox[0].to == [alice.user.email]
    assert receiver.url in mail.outbox[0].body


def test_a_delivery_that_is_given_up_ends_the_time_of_failing(
    receiver, failed_job, endpoint, deliver
):
    WebhookDelivery.objects.update(attempts=len(deliveries.GAPS_S))
    receiver.behaviour = behave.answers(500)
    [delivery] = deliver()
    endpoint.refresh_from_db()
    assert (delivery.state, endpoint.state) == (State.GIVEN_UP, "on")


def test_the_time_of_failing_goes_on_while_something_is_still_tried(
    receiver, failed_job, endpoint, deliver, new_job
):
    WebhookDelivery.objects.update(attempts=len(deliveries.GAPS_S))
    jobs.fail(new_job(), "Nor was this.", code="internal_error")
    WebhookDelivery.objects.filter(attempts=0).update(next_at=timezone.now() + timedelta(hours=1))
    receiver.behaviour = behave.answers(500)
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.state == "failing"


def test_what_is_tried_elsewhere_keeps_no_endpoint_failing(
    receiver, failed_job, endpoint, deliver, alice, new_job
):
    deliveries_of_one = WebhookDelivery.objects.filter(endpoint=endpoint)
    endpoints.create(alice.user, f"{receiver.url}/other", ["job.failed"])
    jobs.fail(new_job(), "Nor was this.", code="internal_error")
    deliveries_of_one.update(attempts=len(deliveries.GAPS_S))
    receiver.behaviour = behave.answers(500)
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.state == "on"


def test_what_is_given_up_for_one_endpoint_says_nothing_of_another(
    receiver, failed_job, endpoint, deliver, alice
):
    other = endpoints.create(alice.user, f"{receiver.url}/other", ["job.failed"])
    WebhookEndpoint.objects.filter(pk=other.pk).update(failing_since=timezone.now())
    WebhookDelivery.objects.update(attempts=len(deliveries.GAPS_S))
    receiver.behaviour = behave.answers(500)
    deliver()
    other.refresh_from_db()
    assert other.state == "failing"


@pytest.mark.parametrize(("state", "after"), [(State.GIVEN_UP, "on"), (State.PENDING, "failing")])
def test_the_migration_ends_the_time_of_failing_where_nothing_is_left(
    failed_job, endpoint, state, after
):
    WebhookDelivery.objects.update(state=state)
    WebhookEndpoint.objects.update(failing_since=timezone.now())
    importlib.import_module("services.migrations.0011_failing_no_more")._forgive(apps, None)
    endpoint.refresh_from_db()
    assert endpoint.state == after


def test_the_mail_is_sent_once(endpoint):
    endpoints.switch_off(endpoint, "It failed.", tells=True)
    endpoints.tell_owners()
    assert (endpoints.tell_owners(), len(mail.outbox)) == (0, 1)


def test_a_mail_that_cannot_go_out_is_tried_again(endpoint, monkeypatch):
    endpoints.switch_off(endpoint, "It failed.", tells=True)
    with monkeypatch.context() as away:
        away.setattr(endpoints, "send_mail", _refuses)
        assert endpoints.tell_owners() == 0
    assert endpoints.tell_owners() == 1


def _refuses(*_arguments, **_options) -> None:
    raise ConnectionRefusedError
