"""The last 90 days of every part, from what was recorded; a day without a record says nothing."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from maskr_site.models import PartDay
from maskr_site.status import parts

DAYS = 90

#: The words for people: what a part is called, and what its trouble means to them.
WORDS = {
    "database": ("Accounts and records", "Nothing can be looked up or charged."),
    "broker": ("Queue", "New pictures cannot be taken in."),
    "limits": ("Limits", "Requests are not counted, and nobody can sign in."),
    "storage": ("Files", "Uploads and results cannot be stored or fetched."),
    "disk": ("Disk space", "There is little room left; uploads may be refused."),
    "workers": ("Processing", "Nothing is there that works on pictures."),
    "models": ("Networks", "No network is ready that can work on pictures."),
    "queue": ("Waiting time", "Pictures wait longer than they should."),
}


@dataclass(frozen=True)
class Day:
    """One part on one day."""

    day: date
    ok: int = 0
    failed: int = 0
    worst_ms: int = 0

    @property
    def state(self) -> str:
        """good; some: up to half of the checks failed; bad: more did; none: nothing recorded."""
        if not self.ok + self.failed:
            return "none"
        if not self.failed:
            return "good"
        return "some" if self.failed <= self.ok else "bad"

    @property
    def words(self) -> str:
        if self.state == "none":
            return "no data"
        if self.state == "good":
            return "no trouble"
        return f"{self.failed} of {self.ok + self.failed} checks failed"


@dataclass(frozen=True)
class History:
    """One part: as it is now, and its days, the oldest first."""

    name: str
    is_ok: bool
    days: list[Day]

    @property
    def label(self) -> str:
        return WORDS[self.name][0]

    @property
    def trouble(self) -> str:
        return WORDS[self.name][1]

    @property
    def uptime(self) -> float | None:
        """Per cent of the recorded checks that were good, never rounded up to 100."""
        ok, failed = sum(day.ok for day in self.days), sum(day.failed for day in self.days)
        return math.floor(ok / (ok + failed) * 10_000) / 100 if ok + failed else None

    @property
    def worth_telling(self) -> list[Day]:
        """Days with trouble, the newest first."""
        return [day for day in reversed(self.days) if day.state in ("some", "bad")]

    @property
    def summary(self) -> str:
        """The chart in words, for those who do not see it."""
        found = Counter(day.state for day in self.days)
        words = {"good": "without trouble", "none": "without data"}
        told = [f"{found[state]} {text}" for state, text in words.items() if found[state]]
        if troubled := found["some"] + found["bad"]:
            told.insert(0, f"{troubled} with trouble")
        return f"The last {len(self.days)} days: {', '.join(told)}."


def of_parts(now: dict[str, parts.Part], rows: list[PartDay]) -> list[History]:
    """Every part that was checked now, with its days out of `rows`."""
    today = timezone.now().date()
    days = [today - timedelta(days=age) for age in reversed(range(DAYS))]
    found = {(row.part, row.day): row for row in rows}
    return [
        History(name, bool(part["ok"]), [_day(found.get((name, day)), day) for day in days])
        for name, part in now.items()
    ]


def recorded() -> list[PartDay]:
    since = timezone.now().date() - timedelta(days=DAYS - 1)
    return list(PartDay.objects.filter(day__gte=since))


def _day(row: PartDay | None, day: date) -> Day:
    return Day(day, row.ok, row.failed, row.worst_ms) if row else Day(day)


def as_json(histories: list[History]) -> list[dict[str, Any]]:
    return [
        {
            "part": part.name,
            "label": part.label,
            "ok": part.is_ok,
            "uptime_percent": part.uptime,
            "days": [
                {"day": day.day.isoformat(), "state": day.state, "ok": day.ok, "failed": day.failed}
                for day in part.days
            ],
        }
        for part in histories
    ]
