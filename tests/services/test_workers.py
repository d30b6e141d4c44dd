"""What surrounds the jobs in a worker: being seen, being gone, rounds that survive a bad moment."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from services import reaper, workers
from services.models import LiveWorker
from services.workers import SILENCE_S, Maintenance
from tests.racing import move_clock, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker"),
    pytest.mark.in_process("does by hand what workers and sweeps do"),
]


@pytest.fixture
def maintenance() -> Maintenance:
    return Maintenance(is_worker=True, interval_s=0.01)


def test_a_worker_is_seen_after_its_first_round(maintenance):
    maintenance.round()
    assert workers.any_alive()


def test_a_worker_is_one_row_however_often_it_is_seen(maintenance):
    maintenance.round()
    maintenance.round()
    assert LiveWorker.objects.count() == 1


def test_a_worker_tells_what_its_engines_can_do(maintenance):
    maintenance.announce()
    assert LiveWorker.objects.get().engines["ready"] is True


def test_a_web_process_is_no_worker():
    Maintenance(is_worker=False).round()
    assert not workers.any_alive()


def test_a_worker_that_left_is_gone_at_once(maintenance):
    maintenance.round()
    maintenance.leave()
    assert not workers.any_alive()


def test_a_worker_that_left_still_does_its_rounds(maintenance):
    maintenance.leave()
    maintenance.round()
    assert not workers.any_alive()


def test_a_silent_worker_counts_as_gone(maintenance, settings):
    settings.LEASE_S = 5
    maintenance.round()
    LiveWorker.objects.update(seen_at=timezone.now() - timedelta(seconds=SILENCE_S + 1))
    assert not workers.any_alive()


def test_workers_silent_for_a_day_are_forgotten(maintenance):
    maintenance.announce()
    LiveWorker.objects.update(seen_at=timezone.now() - timedelta(days=2))
    reaper.sweep()
    assert not LiveWorker.objects.exists()


def test_a_failed_round_does_not_end_the_thread(maintenance, monkeypatch):
    rounds = iter([DatabaseError("away"), None])

    def sweep():
        if error := next(rounds, None):
            raise error

    monkeypatch.setattr(reaper, "sweep", sweep)
    maintenance.start()
    until(workers.any_alive)
    assert maintenance.is_alive()
    maintenance.stop()


def test_a_stopped_thread_ends(maintenance):
    maintenance.start()
    maintenance.stop()
    assert not maintenance.is_alive()


def test_a_clock_that_is_ahead_does_not_take_a_living_worker_for_gone(maintenance, monkeypatch):
    maintenance.announce()
    move_clock(monkeypatch, 120)
    assert workers.any_alive()


def test_a_worker_whose_clock_is_behind_is_seen(maintenance, monkeypatch):
    with monkeypatch.context() as there:
        move_clock(there, -120)
        maintenance.announce()
    assert workers.any_alive()
