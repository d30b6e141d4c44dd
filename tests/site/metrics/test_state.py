"""Gauges of the installation, asked of the database."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import CollectorRegistry

from billing.events import MOST_ATTEMPTS
from billing.models import CreditAccount, MeterEvent, StripeEvent
from maskr_site.metrics import state
from maskr_site.models import PartDay
from services.models import Batch, Job, LiveWorker


@pytest.fixture
def gauge(db):
    """Reads one gauge, asked anew."""

    def value(name, **labels):
        registry = CollectorRegistry()
        registry.register(state.StateCollector())
        return registry.get_sample_value(name, labels)

    return value


@pytest.fixture
def wait(django_user_model):
    """Puts a job in line that was ordered so many seconds ago."""
    owner = django_user_model.objects.create_user("carol@example.com")

    def wait(seconds, **fields):
        created = timezone.now() - timedelta(seconds=seconds)
        return Job.objects.create(
            owner=owner, service="x", operation={}, price=1, created_at=created, **fields
        )

    wait.owner = owner  # type: ignore[attr-defined]
    return wait


def stripe_event(seconds, **fields):
    event = StripeEvent.objects.create(id=f"evt_{seconds}", type="x", payload={}, **fields)
    StripeEvent.objects.filter(pk=event.pk).update(
        received_at=timezone.now() - timedelta(seconds=seconds)
    )


def test_tells_how_many_jobs_wait(gauge, wait):
    wait(1), wait(1), wait(1, state="completed")
    assert gauge("maskr_queue_jobs", queue="interactive") == 2


def test_tells_the_age_of_the_oldest(gauge, wait):
    wait(30), wait(90)
    assert gauge("maskr_queue_oldest_seconds", queue="interactive") == pytest.approx(90, abs=5)


def test_batches_wait_in_a_queue_of_their_own(gauge, wait):
    wait(50, batch=Batch.objects.create(owner=wait.owner, service="x", total_files=1))
    found = [gauge("maskr_queue_jobs", queue=queue) for queue in ("interactive", "batch")]
    assert found == [0, 1]


def test_an_empty_queue_has_no_age(gauge):
    assert gauge("maskr_queue_oldest_seconds", queue="interactive") == 0


def test_tells_how_many_jobs_are_worked(gauge, wait):
    wait(1, state="processing")
    assert gauge("maskr_jobs_running") == 1


def test_counts_workers_seen_lately(gauge):
    for seconds in (1, 3600):
        seen = timezone.now() - timedelta(seconds=seconds)
        LiveWorker.objects.create(host="a", pid=1, seen_at=seen)
    assert gauge("maskr_workers_alive") == 1


def test_tells_how_far_stripe_events_are_behind(gauge):
    stripe_event(100, state="failed"), stripe_event(40), stripe_event(900, state="processed")
    age = gauge("maskr_stripe_event_oldest_seconds")
    assert (gauge("maskr_stripe_events_waiting"), age) == (2, pytest.approx(100, abs=5))


def test_an_event_that_failed_too_often_no_longer_waits(gauge):
    stripe_event(100, state="failed", attempts=MOST_ATTEMPTS)
    found = gauge("maskr_stripe_events_waiting"), gauge("maskr_stripe_events_given_up")
    assert found == (0, 1)


def test_tells_what_usage_was_not_reported(gauge, wait):
    account = CreditAccount.objects.create(user=wait.owner)
    job = wait(1)
    happened = timezone.now() - timedelta(seconds=60)
    MeterEvent.objects.create(job=job.pk, account=account, state="pending", happened_at=happened)
    age = gauge("maskr_meter_event_oldest_seconds")
    assert (gauge("maskr_meter_events_waiting"), age) == (1, pytest.approx(60, abs=30))


def test_says_that_the_database_answers(gauge):
    assert gauge("maskr_database_up") == 1


def test_says_so_when_it_does_not(gauge, monkeypatch):
    def away():
        raise DatabaseError("gone")

    monkeypatch.setattr(state, "_queue", away)
    assert (gauge("maskr_database_up"), gauge("maskr_jobs_running")) == (0, None)


def test_asks_few_queries_however_many_jobs_there_are(gauge, wait, django_assert_max_num_queries):
    for _ in range(20):
        wait(1)
    with django_assert_max_num_queries(9):
        gauge("maskr_jobs_running")


def test_asks_once_in_some_seconds(db, django_assert_num_queries):
    collector = state.StateCollector()
    list(collector.collect())
    with django_assert_num_queries(0):
        list(collector.collect())


def test_asks_again_when_told_to_forget(db, wait):
    collector = state.StateCollector()
    list(collector.collect())
    wait(1)
    collector.forget()
    found = {family.name: family for family in collector.collect()}
    assert [sample.value for sample in found["maskr_queue_jobs"].samples] == [1, 0]


def checked(part, is_ok, seconds=1):
    at = timezone.now() - timedelta(seconds=seconds)
    PartDay.objects.create(part=part, day=at.date(), is_ok=is_ok, checked_at=at)


@pytest.mark.parametrize("is_ok", [True, False])
def test_tells_whether_a_part_worked_when_last_checked(gauge, is_ok):
    checked("storage", is_ok)
    assert gauge("maskr_part_up", part="storage") == is_ok


def test_says_nothing_about_a_part_that_was_not_checked_lately(gauge):
    checked("storage", True, seconds=600)
    assert gauge("maskr_part_up", part="storage") is None
