"""Days in words and figures."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maskr_site.models import PartDay
from maskr_site.status import history, parts
from maskr_site.status.history import Day, History

A_DAY = date(2026, 3, 1)

STATES = {
    "nothing recorded": (0, 0, "none", "no data"),
    "all good": (1440, 0, "good", "no trouble"),
    "one failed": (1439, 1, "some", "1 of 1440 checks failed"),
    "half": (5, 5, "some", "5 of 10 checks failed"),
    "more than half": (4, 6, "bad", "6 of 10 checks failed"),
    "all failed": (0, 9, "bad", "9 of 9 checks failed"),
}


@pytest.mark.parametrize(("ok", "failed", "state", "words"), STATES.values(), ids=STATES)
def test_a_day_is_told_in_one_word_and_in_a_few(ok, failed, state, words):
    day = Day(A_DAY, ok, failed)
    assert (day.state, day.words) == (state, words)


def part(*days):
    return History("storage", True, [Day(A_DAY, ok, failed) for ok, failed in days])


def test_uptime_is_the_share_of_good_checks():
    assert part((90, 10), (100, 0), (0, 0)).uptime == 95.0


def test_uptime_is_never_rounded_up_to_all():
    assert part((10**7, 1)).uptime == 99.99


def test_without_a_check_there_is_no_uptime():
    assert part((0, 0)).uptime is None


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000)), min_size=1, max_size=90))
def test_uptime_is_100_only_without_a_failure(days):
    uptime = part(*days).uptime
    assert (uptime == 100) == (uptime is not None and not any(failed for _, failed in days))


def test_the_chart_is_told_in_words():
    summary = part((0, 0), (9, 0), (9, 0), (5, 5), (0, 9)).summary
    expected = "The last 5 days: 2 with trouble, 2 without trouble, 1 without data."
    assert summary == expected


def test_days_with_trouble_are_told_the_newest_first():
    found = History("x", True, [Day(A_DAY + timedelta(days=n), 1, n % 2) for n in range(4)])
    assert [day.day.day for day in found.worth_telling] == [4, 2]


def test_a_history_is_ninety_days_up_to_today(db):
    (found,) = history.of_parts({"storage": {"ok": True}}, [])
    today = timezone.now().date()
    ends = found.days[0].day, found.days[-1].day, len(found.days)
    assert ends == (today - timedelta(days=89), today, 90)


def test_recorded_days_stand_in_their_place(db):
    day = timezone.now().date() - timedelta(days=2)
    row = {"day": day, "ok": 7, "failed": 1, "is_ok": True, "checked_at": timezone.now()}
    PartDay.objects.create(part="storage", **row)
    (found,) = history.of_parts({"storage": {"ok": True}}, history.recorded())
    assert [(one.ok, one.failed) for one in found.days[-4:]] == [(0, 0), (7, 1), (0, 0), (0, 0)]


def test_older_days_are_not_read(db):
    day = timezone.now().date() - timedelta(days=90)
    PartDay.objects.create(part="storage", day=day, is_ok=True, checked_at=timezone.now())
    assert history.recorded() == []


def test_every_part_has_words_for_people():
    assert set(history.WORDS) == set(parts.NAMES)
