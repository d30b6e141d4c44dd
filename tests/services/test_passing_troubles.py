"""A bucket that is not well for a moment: jobs outlast it, or fail uncharged after so many tries."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)
from django.core.files.storage import default_storage
from django.utils import timezone
from s3transfer.exceptions import RetriesExceededError

from inference.errors import UnreadableImage
from services import jobs, performing, reaper, storing, suspects
from services.models import Job
from tests.buckets import bucket, gate, refusing, s3
from tests.racing import at_once

__all__ = ["bucket", "gate", "s3"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker", "books"),
    pytest.mark.in_process("does by hand what workers and sweeps do"),
]

State = Job.State
SLOW_DOWN = refusing("503 Slow Down", "SlowDown")
IMPATIENT = refusing("400 Bad Request", "RequestTimeout")
#: The library asks twice for each of ours.
ASKED = 2


@pytest.fixture(autouse=True)
def _short_gaps(monkeypatch) -> None:
    monkeypatch.setattr(storing, "_GAPS_S", (0.01, 0.01, 0.01))


@pytest.fixture
def job(bucket, alice) -> Job:
    return Job.objects.get(pk=UUID(alice.post(Prefer="respond-async").json()["job_id"]))


def rest_is_over(job: Job) -> None:
    assert job.lease_until
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def work(job: Job) -> Job:
    jobs.perform(job.pk)
    job.refresh_from_db()
    return job


def work_on(job: Job, tries: int) -> Job:
    for _ in range(tries):
        if work(job).lease_until and job.state == State.PENDING:
            rest_is_over(job)
    return job


def first(count: int, treatment):
    """So many requests are treated, and those after them are not."""
    left = iter(range(count))

    def treat(server, environ, start_response):
        once = next(left, None) is not None
        return (
            treatment(server, environ, start_response) if once else server(environ, start_response)
        )

    return treat


@pytest.mark.parametrize("treatment", [SLOW_DOWN, IMPATIENT], ids=["slow down", "time-out"])
def test_a_result_that_is_refused_for_a_moment_is_stored_by_the_same_try(
    job, alice, gate, treatment
):
    with gate.meanwhile("PUT", "/results/", first(3 * ASKED, treatment)):
        work(job)
    assert (job.state, job.attempts, alice.balance) == (State.COMPLETED, 1, 9_700)


def test_what_a_moments_trouble_held_up_is_stored_whole(job, gate):
    with gate.meanwhile("PUT", "/results/", first(2 * ASKED, SLOW_DOWN)):
        work(job)
    with default_storage.open(job.result_name) as file:
        assert len(file.read()) == job.result_bytes


@pytest.mark.parametrize(
    ("method", "part"), [("GET", "/inputs/"), ("PUT", "/results/")], ids=["reading", "storing"]
)
def test_a_job_that_meets_a_longer_trouble_rests_with_its_try_counted(job, gate, method, part):
    with gate.meanwhile(method, part, SLOW_DOWN):
        work(job)
    assert (job.state, job.attempts, job.lease_token) == (State.PENDING, 1, None)


def test_a_job_that_rests_keeps_its_credits_reserved(job, alice, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work(job)
    assert alice.balance == 9_700


def test_a_job_that_rests_is_not_taken_before_its_time(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work(job)
    assert jobs.claim(job.pk) is None


def test_no_sweep_sends_a_job_that_rests(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work(job)
    done = reaper.sweep()
    assert (done["resent"], done["rested"]) == (0, 0)


def test_one_sweep_sends_a_job_that_has_rested(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        rest_is_over(work(job))
    assert [reaper.sweep()["rested"] for _ in range(2)] == [1, 0]


def test_of_many_sweeps_one_sends_a_job_that_has_rested(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        rest_is_over(work(job))
    assert sum(at_once(lambda _: reaper.sweep()["rested"], range(4))) == 1


def test_it_rests_longer_each_time(job, gate, settings):
    settings.MAX_ATTEMPTS = 9
    rests = []
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        for _ in range(4):
            work(job)
            rests.append((job.lease_until - job.enqueued_at).total_seconds())
            rest_is_over(job)
    assert [round(each) for each in rests] == [5, 20, 60, 60]


def test_it_is_done_and_charged_once_when_the_trouble_is_over(job, alice, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 2)
    work(job)
    assert (job.state, job.attempts, alice.balance) == (State.COMPLETED, 3, 9_700)


@pytest.mark.parametrize(
    ("method", "part"), [("GET", "/inputs/"), ("PUT", "/results/")], ids=["reading", "storing"]
)
def test_after_so_many_tries_it_fails_uncharged(job, alice, gate, method, part):
    with gate.meanwhile(method, part, SLOW_DOWN):
        work_on(job, 3)
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, "storage_away", 3)
    assert alice.balance == 10_000


def test_its_customer_is_told_what_was_away(job, alice, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 3)
    told = alice.api.get(f"/v1/jobs/{job.pk}").json()["error"]
    assert "storage" in told and "You were not charged." in told


def test_tries_over_which_workers_died_count_as_well(job, gate):
    Job.objects.filter(pk=job.pk).update(attempts=2)
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        assert work(job).state == State.FAILED


@pytest.mark.parametrize("most", [1, 2])
def test_it_is_tried_no_more_often_than_the_operator_allows(job, gate, settings, most):
    settings.MAX_ATTEMPTS = most
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 4)
    assert (job.state, job.attempts) == (State.FAILED, most)


def claimed(job: Job) -> Job:
    held = jobs.claim(job.pk)
    assert held
    return held


def test_a_job_that_rested_runs_beside_others_like_it(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 2)
    assert not suspects.is_suspect(claimed(job))


def test_a_job_that_rested_and_then_took_its_worker_down_runs_alone(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 1)
    claimed(job)
    job.refresh_from_db()
    rest_is_over(job)
    assert suspects.is_suspect(claimed(job))


def test_a_job_that_took_its_worker_down_and_then_rested_runs_alone(job, gate):
    claimed(job)
    job.refresh_from_db()
    rest_is_over(job)
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 1)
    assert suspects.is_suspect(claimed(job))


def test_a_job_that_rests_is_answered_for_as_one_that_waits(job, alice, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work(job)
    assert alice.api.get(f"/v1/jobs/{job.pk}").json()["status"] == "pending"


def test_nothing_of_the_trouble_stays_on_a_job_that_is_done(job, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work_on(job, 1)
    assert (work(job).state, job.error_code) == (State.COMPLETED, "")


def test_a_job_that_rests_can_be_cancelled(job, alice, gate):
    with gate.meanwhile("GET", "/inputs/", SLOW_DOWN):
        work(job)
    assert (jobs.cancel(job, error="too late"), alice.balance) == (True, 10_000)


def test_a_late_trouble_takes_nothing_from_the_next_worker(job):
    late = jobs.claim(job.pk)
    assert late
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    jobs.claim(job.pk)
    assert jobs.rest(late, TimeoutError()) is False
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.PROCESSING, 2)


@pytest.mark.parametrize(
    ("status", "code"),
    [("403 Forbidden", "ExpiredToken"), ("404 Not Found", "NoSuchBucket")],
)
def test_a_trouble_that_somebody_has_to_mend_ends_the_job_at_once(job, gate, status, code):
    with gate.meanwhile("PUT", "/results/", refusing(status, code)):
        work(job)
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, "no_room", 1)


def test_a_picture_that_cannot_be_read_is_not_tried_again(job, monkeypatch):
    def run(_job):
        raise UnreadableImage("no picture")

    monkeypatch.setattr(performing, "run", run)
    assert (work(job).state, job.attempts) == (State.FAILED, 1)


def said(status: int, code: str) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "PutObject")


PASSING = [
    said(500, "InternalError"),
    said(503, "SlowDown"),
    said(429, "TooManyRequests"),
    said(400, "RequestTimeout"),
    EndpointConnectionError(endpoint_url="http://there"),
    ConnectTimeoutError(endpoint_url="http://there"),
    ReadTimeoutError(endpoint_url="http://there"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    RetriesExceededError(OSError("broken")),
    ConnectionResetError(104, "reset"),
]
LASTING = [
    said(403, "AccessDenied"),
    said(400, "InvalidArgument"),
    NoCredentialsError(),
    FileNotFoundError(2, "x"),
    OSError(28, "No space left on device"),
    ValueError("x"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_passing_troubles_are_known(error):
    assert storing.is_passing(error) and storing.is_trouble(error)


def test_a_bucket_that_says_nothing_is_503_and_costs_nothing(alice, bucket, monkeypatch):
    def silent(*_args):
        raise ReadTimeoutError(endpoint_url="http://there")

    monkeypatch.setattr(storing, "save", silent)
    answer = alice.post()
    assert (answer.status_code, answer["Retry-After"], alice.balance) == (503, "5", 10_000)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_lasting_troubles_are_not_taken_for_passing(error):
    assert not storing.is_passing(error)
