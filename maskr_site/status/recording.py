"""Checks the parts every minute and adds the result to the day: one record for all processes."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from maskr_site.models import PartDay
from maskr_site.status import checking
from services.workers import Rounds

if TYPE_CHECKING:
    from maskr_site.status.parts import Part

INTERVAL_S = 60.0
#: A worker needs a moment to load its networks; before that the first check would be a false alarm.
FIRST_AFTER_S = 20.0
#: Every web process checks, but only one record counts in about a minute.
_APART = timedelta(seconds=INTERVAL_S * 0.75)
_KEPT_CHECKS = 24 * 60


@dataclass(frozen=True)
class Check:
    """What was found at one moment."""

    at: datetime
    parts: "dict[str, Part]"


class Recorder(Rounds):
    """Keeps what it could not write: an outage of the database is recorded when it is over."""

    def __init__(self) -> None:
        super().__init__("status checks", INTERVAL_S)
        self.unwritten: deque[Check] = deque(maxlen=_KEPT_CHECKS)

    def run(self) -> None:
        if not self._stopped.wait(FIRST_AFTER_S):
            super().run()

    def round(self) -> None:
        self.unwritten.append(Check(timezone.now(), checking.check_all()))
        while self.unwritten:
            record(self.unwritten[0])
            self.unwritten.popleft()


def record(check: Check) -> None:
    """Adds it to its day, unless another process recorded a check at about that time."""
    with transaction.atomic():
        for name, part in check.parts.items():
            _record_part(name, part, check.at)


def _record_part(name: str, part: "Part", at: datetime) -> None:
    is_ok, ms = bool(part["ok"]), round(part["ms"])
    counts = {"ok": int(is_ok), "failed": int(not is_ok)}
    rows = PartDay.objects.filter(part=name, day=at.date())
    added = rows.filter(checked_at__lte=at - _APART).update(
        ok=F("ok") + counts["ok"],
        failed=F("failed") + counts["failed"],
        worst_ms=Greatest("worst_ms", ms),
        is_ok=is_ok,
        checked_at=at,
    )
    if not added:
        first = PartDay(part=name, day=at.date(), **counts, worst_ms=ms, is_ok=is_ok, checked_at=at)
        # Nothing happens where the row is there: that check came too soon after another one.
        PartDay.objects.bulk_create([first], ignore_conflicts=True)
