"""Claims, leases, sweeps: what keeps a job from being lost or charged twice."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import redis
from django.core.files.storage import default_storage
from django.utils import timezone

from billing.models import LedgerEntry
from services import jobs, leases, performing, reaper
from services.models import Job, LiveWorker
from tests.racing import move_clock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker", "books"),
    pytest.mark.in_process("does by hand what workers and sweeps do"),
]

State = Job.State


@pytest.fixture
def job(alice) -> Job:
    return Job.objects.get(pk=UUID(alice.post(Prefer="respond-async").json()["job_id"]))


def claimed(job: Job) -> Job:
    held = jobs.claim(job.pk)
    assert held is not None
    return held


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def age(job: Job, seconds: int) -> None:
    then = timezone.now() - timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(created_at=then, enqueued_at=then)


def worker_seen() -> None:
    LiveWorker.objects.create(host="here", pid=1, seen_at=timezone.now())


def test_a_job_is_claimed_once(job):
    assert (jobs.claim(job.pk) is not None, jobs.claim(job.pk)) == (True, None)


def test_a_message_that_comes_twice_does_nothing_more(job, alice):
    jobs.perform(job.pk)
    jobs.perform(job.pk)
    assert (Job.objects.get().attempts, alice.balance) == (1, 9_700)


def test_a_job_whose_lease_ran_out_is_claimed_anew(job):
    jobs.claim(job.pk)
    expire(job)
    assert claimed(job).attempts == 2


def test_a_renewed_lease_does_not_run_out(job):
    held = claimed(job)
    expire(job)
    assert held.lease_token
    with leases.held(held.lease_token):
        leases.renew()
    assert jobs.claim(job.pk) is None


def test_renewing_does_not_prolong_the_lease_of_another_process(job):
    jobs.claim(job.pk)
    expire(job)
    with leases.held(uuid4()):
        leases.renew()
    assert claimed(job).attempts == 2


def test_the_late_result_of_the_first_worker_is_thrown_away(job):
    late = claimed(job)
    result = performing.run(late)
    expire(job)
    jobs.perform(job.pk)
    name = jobs._store_result(late, result)
    assert (jobs._complete(late, result, name), default_storage.exists(name)) == (False, False)


def test_a_late_failure_of_the_first_worker_changes_nothing(job, alice):
    late = claimed(job)
    expire(job)
    jobs.perform(job.pk)
    assert (jobs.fail(late, "late", code="x"), alice.balance) == (False, 9_700)


@pytest.fixture
def taken_over(job) -> Job:
    """The job as its first worker has it, while a second one is at it."""
    first = claimed(job)
    expire(job)
    claimed(job)
    return first


def test_a_late_result_does_not_end_what_another_worker_is_at(taken_over):
    result = performing.run(taken_over)
    name = jobs._store_result(taken_over, result)
    assert jobs._complete(taken_over, result, name) is False


def test_a_late_failure_does_not_end_what_another_worker_is_at(taken_over):
    assert jobs.fail(taken_over, "late", code="x") is False


def test_a_late_sweep_takes_nothing_from_the_next_worker(taken_over):
    assert jobs.give_back(taken_over) is False


def test_a_result_that_comes_after_its_job_was_abandoned_is_dropped(job):
    held = claimed(job)
    result = performing.run(held)
    jobs.abandon(Job.objects.get(), error="Nobody waits.")
    assert jobs._complete(held, result, jobs._store_result(held, result)) is False


def test_a_failed_job_gives_its_credits_back_once(job, alice):
    held = claimed(job)
    jobs.fail(held, "no", code="x")
    jobs.fail(held, "no", code="x")
    assert (alice.balance, LedgerEntry.objects.filter(kind="release").count()) == (10_000, 1)


def test_the_sweep_takes_back_the_job_of_a_dead_worker(job):
    jobs.claim(job.pk)
    expire(job)
    worker_seen()
    reaper.sweep()
    assert Job.objects.get().state == State.PENDING


def test_the_sweep_leaves_a_running_job_alone(job):
    jobs.claim(job.pk)
    reaper.sweep()
    assert Job.objects.get().state == State.PROCESSING


def test_a_process_whose_clock_is_ahead_leaves_a_running_job_alone(job, monkeypatch):
    jobs.claim(job.pk)
    move_clock(monkeypatch, 120)
    reaper.sweep()
    assert (Job.objects.get().state, jobs.claim(job.pk)) == (State.PROCESSING, None)


def test_a_process_whose_clock_is_ahead_gives_up_no_waiting_job(job, monkeypatch):
    move_clock(monkeypatch, 120)
    reaper.sweep(without_workers_s=600)
    assert Job.objects.get().state == State.PENDING


def test_a_job_that_killed_three_workers_is_given_up_and_not_charged(job, alice):
    for _ in range(3):
        jobs.claim(job.pk)
        expire(job)
    reaper.sweep()
    assert (Job.objects.get().state, alice.balance) == (State.FAILED, 10_000)


def test_a_job_that_killed_three_workers_is_not_tried_once_more_before_the_sweep(job):
    for _ in range(3):
        jobs.claim(job.pk)
        expire(job)
    assert jobs.claim(job.pk) is None


def test_a_message_that_a_process_sent_whose_clock_is_ahead_is_sent_again_when_it_is_lost(
    alice, monkeypatch
):
    with monkeypatch.context() as there:
        move_clock(there, 3600)
        alice.post(Prefer="respond-async")
    monkeypatch.setattr(reaper, "RESEND_AFTER_S", -1)
    assert reaper.sweep()["resent"] == 1


def test_a_lost_message_is_sent_again(job):
    worker_seen()
    age(job, 40)
    assert reaper.sweep()["resent"] == 1


def test_of_two_lost_messages_each_is_sent_again(job, alice):
    alice.post(Prefer="respond-async")
    for one in Job.objects.all():
        age(one, 40)
    assert reaper.sweep()["resent"] == 2


def test_a_message_is_sent_again_by_one_sweep_only(job):
    worker_seen()
    age(job, 40)
    reaper.sweep()
    assert reaper.sweep()["resent"] == 0


def test_a_message_that_a_sweep_sent_is_sent_again_when_it_is_lost_too(job, monkeypatch):
    age(job, 40)
    reaper.sweep()
    monkeypatch.setattr(reaper, "RESEND_AFTER_S", -1)
    assert reaper.sweep()["resent"] == 1


def test_at_the_start_unfinished_jobs_are_taken_up(job):
    jobs.claim(job.pk)
    assert (reaper.recover_embedded(), Job.objects.get().state) == (1, State.PENDING)


def test_at_the_start_a_job_that_killed_three_workers_is_given_up_and_not_charged(job, alice):
    for _ in range(3):
        jobs.claim(job.pk)
        expire(job)
    assert (reaper.recover_embedded(), Job.objects.get().state) == (0, State.FAILED)
    assert alice.balance == 10_000


def test_while_the_queue_is_away_a_sweep_tries_once_and_renews_leases_again(alice, monkeypatch):
    tried = []

    def away(job):
        tried.append(job)
        raise redis.ConnectionError("refused")

    for _ in range(3):
        job_id = alice.post(Prefer="respond-async").json()["job_id"]
        age(Job.objects.get(pk=UUID(job_id)), 40)
    monkeypatch.setattr("services.tasks.send", away)
    reaper.sweep()
    assert len(tried) == 1


def test_a_job_whose_upload_is_gone_fails_uncharged(job, alice):
    default_storage.delete(job.input_name)
    jobs.perform(job.pk)
    assert (Job.objects.get().error_code, alice.balance) == ("input_gone", 10_000)


def test_a_pending_job_can_be_cancelled(job, alice):
    assert (jobs.cancel(job, error="too late"), alice.balance) == (True, 10_000)


def test_cancelling_a_job_leaves_another_waiting(job, alice):
    other = alice.post(Prefer="respond-async").json()["job_id"]
    jobs.cancel(job, error="too late")
    assert Job.objects.get(pk=UUID(other)).state == State.PENDING


def test_a_claimed_job_cannot_be_cancelled(job):
    jobs.claim(job.pk)
    assert jobs.cancel(job, error="too late") is False


def test_a_refused_request_leaves_no_upload_behind(bob, tmp_path):
    bob.post()
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
