"""Machines whose clocks are not the database's: what a job waited and took is told by that one alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from maskr_site.admin import today
from maskr_site.metrics.state import StateCollector
from maskr_site.status import parts
from services import admission, files, jobs
from services.models import Job, UsageDay
from services.retention.models import TrainingSample
from services.usage import bucket_of
from tests.racing import move_clock

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture
def there(monkeypatch):
    """Runs something on a machine whose clock is so many seconds ahead."""

    def there(seconds, work):
        with monkeypatch.context() as moved:
            move_clock(moved, seconds)
            return work()

    return there


def ask(customer):
    return customer.post(prefer="respond-async")


def oldest_s() -> float:
    found = {
        sample.labels["queue"]: sample.value
        for family in StateCollector().collect()
        for sample in family.samples
        if sample.name == "maskr_queue_oldest_seconds"
    }
    return found["interactive"]


@pytest.mark.parametrize("ahead_s", [-30, 30])
def test_a_machine_with_a_wrong_clock_refuses_nobody_for_the_age_of_the_queue(
    alice, there, ahead_s
):
    ask(alice)
    admission.forget()
    assert there(ahead_s, lambda: ask(alice)).status_code == 202


def test_what_a_machine_that_is_behind_placed_is_not_old(alice, there):
    there(-30, lambda: ask(alice))
    admission.forget()
    assert ask(alice).status_code == 202


def test_a_look_at_the_queue_gets_older_while_it_is_used(alice):
    ask(alice)
    admission.forget()
    load = admission.current_load(in_batches=False)
    first = load.age_s
    assert load.age_s > first > 0


@pytest.mark.parametrize(
    "told",
    [
        lambda: parts.queue()["oldest_s"],
        lambda: today._count().oldest_s,
        oldest_s,
    ],
    ids=["health", "admin", "metrics"],
)
@pytest.mark.parametrize("ahead_s", [-3600, 3600])
def test_a_wrong_clock_tells_the_age_of_the_queue_right(alice, there, told, ahead_s):
    ask(alice)
    assert 0 <= there(ahead_s, told) < 60


@pytest.mark.parametrize("ahead_s", [-3600, 3600])
def test_a_worker_with_a_wrong_clock_tells_right_how_long_a_picture_waited_and_took(
    alice, there, ahead_s
):
    ask(alice)
    job = Job.objects.get()
    there(ahead_s, lambda: jobs.perform(job.pk))
    job.refresh_from_db()
    assert job.started_at and job.ended_at
    assert job.created_at <= job.started_at <= job.ended_at < job.created_at + timedelta(minutes=1)
    assert 0 <= job.timings["queue"] < 60_000


@pytest.mark.parametrize("ahead_s", [-3600, 3600])
def test_a_worker_with_a_wrong_clock_counts_the_time_right(alice, there, ahead_s):
    ask(alice)
    there(ahead_s, lambda: jobs.perform(Job.objects.get().pk))
    assert 1 < UsageDay.objects.get().bucket < bucket_of(60_000)


def test_a_failure_has_the_time_of_the_database(alice, there):
    ask(alice)
    there(-3600, lambda: jobs.cancel(Job.objects.get(), error="no"))
    job = Job.objects.get()
    assert job.ended_at and job.ended_at >= job.created_at


def test_no_picture_from_before_the_consent_is_archived_for_a_wrong_clock(alice, there):
    ask(alice)
    jobs.perform(Job.objects.get().pk)
    User.objects.update(training_opt_in=False)
    alice.user.refresh_from_db()
    alice.user.training_opt_in = True
    there(-3600, alice.user.save)
    Job.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    assert (files.purge_expired(), TrainingSample.objects.count()) == (1, 0)
