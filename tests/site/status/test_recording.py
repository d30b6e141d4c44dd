"""Checks become days: one record a minute, whichever process makes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from maskr_site.models import PartDay
from maskr_site.status import checking, recording
from maskr_site.status.recording import Check, Recorder, record

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def check(minutes=0.0, *, ok=True, ms=3.0):
    return Check(NOON + timedelta(minutes=minutes), {"storage": {"ok": ok, "ms": ms}})


def the_day():
    return PartDay.objects.get()


def test_the_first_check_of_a_day_makes_its_row(db):
    record(check())
    day = the_day()
    assert (day.part, day.day, day.ok, day.failed) == ("storage", NOON.date(), 1, 0)


def test_the_next_ones_are_added_to_it(db):
    for minute in range(5):
        record(check(minute, ok=minute != 3))
    assert (the_day().ok, the_day().failed) == (4, 1)


def test_the_slowest_check_is_kept(db):
    for minute, ms in enumerate([3, 40.6, 5]):
        record(check(minute, ms=ms))
    assert the_day().worst_ms == 41


def test_the_last_check_is_kept(db):
    record(check())
    record(check(1, ok=False))
    assert (the_day().is_ok, the_day().checked_at) == (False, NOON + timedelta(minutes=1))


def test_several_processes_record_one_check_a_minute(db):
    for minute in range(3):
        for process in range(4):
            record(check(minute + process / 100))
    assert the_day().ok == 3


def test_a_new_day_is_a_new_row(db):
    record(check())
    record(check(12 * 60))
    assert PartDay.objects.count() == 2


def test_every_part_has_its_row(db):
    record(Check(NOON, {name: {"ok": True, "ms": 1} for name in ("a", "b")}))
    assert set(PartDay.objects.values_list("part", flat=True)) == {"a", "b"}


@pytest.fixture
def recorder(monkeypatch):
    """One round finds what it is given."""
    recorder: Any = Recorder()
    moments = iter(range(100))

    def round_at_next_minute(*, ok=True):
        one = check(next(moments), ok=ok)
        monkeypatch.setattr(checking, "check_all", lambda: one.parts)
        monkeypatch.setattr(timezone, "now", lambda: one.at)
        recorder.round()

    recorder.next = round_at_next_minute
    return recorder


def test_a_round_records_what_it_finds(db, recorder):
    recorder.next(ok=False)
    assert the_day().failed == 1


def test_an_outage_of_the_database_is_recorded_when_it_is_over(db, recorder, monkeypatch):
    def away(_check):
        raise OperationalError

    with monkeypatch.context() as during:
        during.setattr(recording, "record", away)
        for _ in range(3):
            with pytest.raises(OperationalError):
                recorder.next(ok=False)
    recorder.next()
    assert (the_day().failed, the_day().ok) == (3, 1)


def test_what_another_process_recorded_meanwhile_is_not_counted_twice(db, recorder, monkeypatch):
    def away(_check):
        raise OperationalError

    with monkeypatch.context() as during:
        during.setattr(recording, "record", away)
        with pytest.raises(OperationalError):
            recorder.next(ok=False)
    record(check(0.1, ok=False))
    recorder.next()
    assert (the_day().failed, the_day().ok) == (1, 1)


def test_it_ends_at_once_when_told_before_the_first_round(db):
    recorder = Recorder()
    recorder.start()
    recorder.stop()
    assert (recorder.is_alive(), PartDay.objects.count()) == (False, 0)
