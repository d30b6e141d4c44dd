"""Whose job is next: accounts take turns, so that one's thousand pictures do not bury another's one.

A message is a permission to do one job of its queue, not that job: each process serves the account
that it served longest ago, and of that account the oldest job. Which process served whom is kept
in its memory alone; several processes together come out fair because each of them is.
"""

import threading
import time
from typing import NamedTuple
from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Now

from services.models import Job

#: Accounts whose turn is remembered; one forgotten is served a little early, once.
_MOST_REMEMBERED = 10_000
_served_at: dict[int, float] = {}
_lock = threading.Lock()


class Turn(NamedTuple):
    """A job to be done, and the request that its log lines belong to."""

    job_id: UUID
    request_id: str


def waiting(*, in_batches: bool) -> QuerySet[Job]:
    """The jobs of one queue that no worker has taken, nor put aside for a newer one."""
    is_for_all = Q(lease_until=None) | Q(lease_until__lt=Now())
    return Job.objects.filter(is_for_all, state=Job.State.PENDING, batch__isnull=not in_batches)


def next_turn(*, in_batches: bool) -> Turn | None:
    """The job to do now; None when nothing waits. Another process may take it first."""
    queue = waiting(in_batches=in_batches)
    # In order of age, so that among accounts never served the first to come goes first.
    rows = queue.values_list("owner").annotate(first=Min("created_at")).order_by("first")
    owners = [owner for owner, _ in rows]
    if not owners:
        return None
    jobs = queue.filter(owner=_take_turn(owners)).order_by("created_at", "batch_index")
    oldest = jobs.values_list("pk", "request_id").first()
    return Turn(*oldest) if oldest else None


def forget() -> None:
    """Everybody's turn is forgotten, for tests."""
    with _lock:
        _served_at.clear()


def _take_turn(owners: list[int]) -> int:
    with _lock:
        chosen = min(owners, key=lambda owner: _served_at.get(owner, 0.0))
        _served_at.pop(chosen, None)
        _served_at[chosen] = time.monotonic()
        if len(_served_at) > _MOST_REMEMBERED:
            del _served_at[next(iter(_served_at))]
    return chosen
