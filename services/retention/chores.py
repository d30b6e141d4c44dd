"""What is done every hour or day, once in the whole installation: each chore's row says when next.

By the database's clock: one process whose own is days ahead would put everything off for days.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from accounts import sessions
from billing import departures
from billing import events as stripe_events
from services import files
from services.outgoing import history
from services.retention import strays, training
from services.retention.models import Chore
from services.workers import Rounds

logger = logging.getLogger(__name__)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Task:
    every: timedelta
    do: Callable[[], int]


def run_due() -> dict[str, int]:
    """Returns what was done, by chore. One that fails is tried again when it is due next."""
    known = set(Chore.objects.values_list("name", flat=True))
    new = [
        Chore(name=name, due_at=Now() + TASKS[name].every) for name in TASKS if name not in known
    ]
    if new:
        Chore.objects.bulk_create(new, ignore_conflicts=True)
    due = Chore.objects.filter(name__in=TASKS, due_at__lte=Now())
    mine = [name for name, at in due.values_list("name", "due_at") if _take(name, at)]
    done = {name: _run(name) for name in mine}
    if any(done.values()):
        logger.info("chores: %s", done)
    return done


def sweep_strays() -> int:
    found = strays.sweep()
    return len(found.files) + len(found.jobs) + len(found.samples)


def _take(name: str, due_at: datetime) -> bool:
    """True for the one process that is to do it."""
    mine = Chore.objects.filter(name=name, due_at=due_at)
    return bool(mine.update(due_at=Now() + TASKS[name].every))


def _run(name: str) -> int:
    try:
        return TASKS[name].do()
    except Exception:
        # Storage or database may be away: the other chores still get their turn.
        logger.exception("chore %r failed", name)
        return 0


TASKS = {
    "training": Task(timedelta(minutes=1), training.reconcile),
    "webhook log": Task(HOUR, history.forget_old),
    "Stripe payloads": Task(HOUR, stripe_events.forget_payloads),
    "deleted accounts": Task(HOUR, departures.settle),
    "sessions": Task(DAY, sessions.clear_expired),
    "strays": Task(DAY, sweep_strays),
}


class Housekeeping(Rounds):
    """Files past their time, and the chores: a thread of its own, as storage may be slow."""

    def __init__(self, interval_s: float = 15.0) -> None:
        super().__init__("housekeeping", interval_s)
        self.has_more = False

    def round(self) -> None:
        self.has_more = False
        self.has_more = files.purge_expired() > 0
        run_due()

    def pause(self) -> bool:
        """None while files are being deleted: more may come each second than one look finds."""
        return self._stopped.wait(0 if self.has_more else self.interval_s)
