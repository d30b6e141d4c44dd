"""Jobs that wait without any worker: given up in the end, and not while a worker may come back."""

import contextlib
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from services import workers
from services.connections import takes_writes
from services.models import Job, LiveWorker
from services.workers import HEARTBEAT_S, SILENCE_S, Maintenance

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker", "books"),
    pytest.mark.in_process("does by hand what workers and sweeps do"),
]


class Process:
    """A process that sweeps every few seconds, by a clock that the test winds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, is_worker: bool) -> None:
        self.maintenance = Maintenance(is_worker=is_worker)
        self.now = 1_000.0
        monkeypatch.setattr(workers, "monotonic", lambda: self.now)

    def sweep_for(self, seconds: float) -> None:
        for _ in range(round(seconds / HEARTBEAT_S)):
            self.now += HEARTBEAT_S
            self.maintenance.round()


@pytest.fixture
def job(alice) -> Job:
    """It has waited for minutes, as those of large batches do."""
    job_id = UUID(alice.post(Prefer="respond-async").json()["job_id"])
    then = timezone.now() - timedelta(minutes=4)
    Job.objects.filter(pk=job_id).update(created_at=then, enqueued_at=then)
    return Job.objects.get()


@pytest.fixture
def web(monkeypatch) -> Process:
    return Process(monkeypatch, is_worker=False)


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


def fall_silent(seconds: float) -> None:
    LiveWorker.objects.update(seen_at=timezone.now() - timedelta(seconds=seconds))


def test_after_a_minute_without_any_worker_a_job_is_given_up_uncharged(job, web, alice):
    web.sweep_for(70)
    assert (state(job), alice.balance) == ("failed", 10_000)


def test_before_that_minute_is_over_it_waits_on(job, web):
    web.sweep_for(55)
    assert state(job) == "pending"


def test_with_a_worker_alive_it_waits_on(job, web):
    Maintenance(is_worker=True).announce()
    web.sweep_for(600)
    assert state(job) == "pending"


def test_a_job_that_came_meanwhile_waits_its_own_minute(job, web):
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=10))
    web.sweep_for(600)
    assert state(job) == "pending"


def test_a_worker_that_is_restarted_finds_its_jobs(job, web):
    for _ in range(3):
        worker = Maintenance(is_worker=True)
        worker.announce()
        web.sweep_for(10)
        worker.leave()
        web.sweep_for(50)
    assert state(job) == "pending"


def test_a_worker_that_leaves_gives_nothing_up(job, monkeypatch):
    leaving = Process(monkeypatch, is_worker=True)
    leaving.sweep_for(10)
    leaving.maintenance.leave()
    leaving.sweep_for(30)
    assert state(job) == "pending"


def test_while_the_database_was_away_no_worker_could_tell_of_itself(job, web, settings):
    Maintenance(is_worker=True).announce()
    web.sweep_for(10)
    web.now += 90  # no round came to an end
    fall_silent(max(SILENCE_S, settings.LEASE_S) + 70)
    web.sweep_for(10)
    assert state(job) == "pending"


def test_a_database_that_is_away_for_a_moment_has_the_minute_begin_anew(job, web, monkeypatch):
    web.sweep_for(55)
    with monkeypatch.context() as away, pytest.raises(DatabaseError):
        away.setattr(workers, "any_alive", lambda: (_ for _ in ()).throw(DatabaseError("away")))
        web.sweep_for(5)
    web.sweep_for(55)
    assert state(job) == "pending"


@pytest.fixture
def standby():
    """Has the database take no writes, as long as it is asked to."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no standby")

    @contextlib.contextmanager
    def only_read():
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only TO on")
            yield
            cursor.execute("SET default_transaction_read_only TO off")

    return only_read


def test_a_database_that_can_only_be_read_is_known_by_that(db, standby):
    with standby():
        assert not takes_writes()
    assert takes_writes()


def test_while_the_database_could_only_be_read_no_worker_could_tell_of_itself(job, web, standby):
    web.sweep_for(10)
    with standby():
        for _ in range(20):
            web.now += HEARTBEAT_S
            with contextlib.suppress(DatabaseError):
                web.maintenance.round()
    web.sweep_for(10)
    assert state(job) == "pending"
