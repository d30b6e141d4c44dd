"""What is noted, when, and how often: exactly what happened, once, or nothing at all."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import balance_alerts, credits
from billing.models import LedgerEntry
from services import jobs
from services.models import Batch, Job
from services.outgoing import endpoints, events
from services.outgoing.models import WebhookDelivery, WebhookEvent
from tests.pictures import picture
from tests.racing import at_once, until

pytestmark = pytest.mark.django_db(transaction=True)


def types() -> list[str]:
    return sorted(WebhookEvent.objects.values_list("type", flat=True))


def fail(job: Job) -> bool:
    return jobs.fail(job, "It was not to be.", code="internal_error")


def test_a_completed_job_is_an_event(alice, worker, endpoint):
    job_id = alice.post().json()["job_id"]
    event = WebhookEvent.objects.get()
    assert (event.type, str(event.subject)) == ("job.completed", job_id)


def test_a_failed_job_is_an_event(new_job, endpoint):
    fail(new_job())
    assert types() == ["job.failed"]


def test_a_job_that_fails_twice_is_one_event(new_job, endpoint):
    job = new_job()
    fail(job)
    fail(job)
    assert WebhookEvent.objects.count() == 1


def test_an_event_goes_to_every_endpoint_that_wants_it(alice, new_job, endpoint):
    endpoints.create(alice.user, endpoint.url, ["job.failed"])
    endpoints.create(alice.user, endpoint.url, ["job.completed"])
    fail(new_job())
    assert WebhookDelivery.objects.count() == 2


def test_an_endpoint_that_is_off_gets_nothing(new_job, endpoint):
    endpoints.switch_off(endpoint)
    fail(new_job())
    assert types() == []


def test_nobody_else_is_told(alice, bob, new_job, endpoint):
    fail(new_job(owner=bob.user))
    assert types() == []


def test_what_is_rolled_back_was_no_event(new_job, endpoint):
    job = new_job()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        fail(job)
        raise ZeroDivisionError
    assert types() == []


def test_a_job_without_listeners_costs_one_query_more(new_job):
    job = new_job()
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        transaction.atomic(),
    ):
        events.note_end(job, Job.State.COMPLETED)
    assert len([q for q in queries if "SELECT" in q["sql"]]) == 1


@pytest.fixture
def batch(alice, new_job):
    batch = Batch.objects.create(owner=alice.user, service="background-removal", total_files=2)
    return [new_job(batch=batch, batch_index=index) for index in range(2)]


def test_a_batch_is_an_event_when_its_last_job_ends(batch, endpoint):
    fail(batch[0])
    before = types()
    fail(batch[1])
    assert (before, types()) == (["job.failed"], ["batch.completed", "job.failed", "job.failed"])


def test_a_batch_ends_while_other_work_goes_on(batch, new_job, endpoint):
    new_job()
    for job in batch:
        fail(job)
    assert "batch.completed" in types()


@pytest.mark.parametrize("round_", range(5))
def test_a_batch_whose_last_jobs_end_at_once_is_one_event(batch, endpoint, round_):
    assert at_once(fail, batch) == [True, True]
    assert types().count("batch.completed") == 1


def test_a_batch_refused_at_the_door_is_an_event(alice, no_worker, endpoint):
    alice.post_batch([b"no picture", b"nor this"])
    assert types() == ["batch.completed"]


def test_a_batch_is_an_event_after_the_worker_did_it(alice, worker, endpoint):
    alice.post_batch([picture(), picture()])
    until(lambda: "batch.completed" in types())
    assert types() == ["batch.completed", "job.completed", "job.completed"]


def spend(customer, amount: int) -> None:
    credits.grant(customer.user, -amount, reason="tests", kind=LedgerEntry.Kind.ADJUST)


@pytest.fixture
def told(alice, endpoint):
    """Alice has 100 credits and is told below 50."""
    balance_alerts.set_threshold(alice.user, 5_000)
    return alice


def test_a_balance_that_falls_below_the_threshold_is_an_event(told):
    spend(told, 5_001)
    event = WebhookEvent.objects.get()
    assert (event.type, event.payload) == ("balance.low", {"balance": 49.99, "threshold": 50})


def test_a_balance_at_the_threshold_is_none(told):
    spend(told, 5_000)
    assert types() == []


def test_a_low_balance_is_told_once(told):
    spend(told, 6_000)
    spend(told, 1_000)
    assert types() == ["balance.low"]


def test_a_balance_that_falls_again_is_told_again(told):
    spend(told, 6_000)
    credits.grant(told.user, 6_000, reason="tests")
    spend(told, 6_000)
    assert types() == ["balance.low", "balance.low"]


def test_too_small_a_grant_does_not_count_as_a_recovery(told):
    spend(told, 6_000)
    credits.grant(told.user, 500, reason="tests")
    spend(told, 100)
    assert types() == ["balance.low"]


def test_credits_of_a_failed_job_do_not_count_as_a_recovery(told, new_job):
    job = new_job(price=6_000)
    credits.reserve(told.user, 6_000, job=job.pk)
    fail(job)
    credits.reserve(told.user, 6_000, job=new_job(price=6_000).pk)
    assert types() == ["balance.low", "job.failed"]


def test_nothing_is_told_without_a_threshold(told):
    balance_alerts.set_threshold(told.user, None)
    spend(told, 10_000)
    assert types() == []


def test_a_threshold_above_the_balance_is_not_told_of_at_once(alice, endpoint):
    balance_alerts.set_threshold(alice.user, 20_000)
    spend(alice, 100)
    assert types() == []


def test_a_rolled_back_spending_is_not_told(told):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        spend(told, 6_000)
        raise ZeroDivisionError
    spend(told, 6_000)
    assert types() == ["balance.low"]


def test_parallel_spendings_cross_the_threshold_once(told):
    at_once(lambda amount: spend(told, amount), [1_000] * 10)
    assert types() == ["balance.low"]


def test_the_age_of_an_event_is_when_it_happened(new_job, endpoint):
    fail(new_job())
    assert timezone.now() - WebhookEvent.objects.get().created_at < timedelta(seconds=5)
