"""Whether more work may be placed: a queue that has grown too old refuses instead of growing.

Refusing early costs the customer a second and nothing else; accepting would cost the time limit
of the request, and everybody behind it theirs. An account that has nothing waiting is let in as
long as there is room at all, since turns are taken by account (services.fairness). Room is short in
two places: in the queue, and among the threads of this process, one of which waits for each answer.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings
from django.db.models import Count

from services import clock, fairness, waiting
from services.errors import Unavailable

#: How long a look at the queue serves the requests of this process, and for how long those that come
#: while another one looks. What was seen longer ago, before a quiet hour, says nothing about now.
_FRESH_S, _USABLE_S = 0.5, 5.0
_LONGEST_RETRY_S = 60


@dataclass(frozen=True)
class Load:
    """One queue as it was a moment ago: jobs waiting by account, and since when the oldest does.

    By time.monotonic(), so that it grows older here as it does by the database's clock.
    """

    waiting: Mapping[int, int]
    since: float | None

    @property
    def depth(self) -> int:
        return sum(self.waiting.values())

    @property
    def age_s(self) -> float:
        return 0.0 if self.since is None else time.monotonic() - self.since


@dataclass(frozen=True)
class _Seen:
    """What was seen, when, and until when nobody else need look; by time.monotonic()."""

    load: Load
    at: float
    serves_until: float


_seen: dict[bool, _Seen] = {}
_lock = threading.Lock()


def check(owner_id: int, *, in_batches: bool, will_wait: bool = True) -> None:
    """Raises Unavailable with the seconds after which another try is worth it."""
    load = current_load(in_batches=in_batches)
    limit_s = settings.MAX_BATCH_QUEUE_AGE_S if in_batches else settings.MAX_QUEUE_AGE_S
    is_full = load.depth >= settings.MAX_QUEUE_DEPTH
    is_old = load.age_s > limit_s and owner_id in load.waiting
    has_room = waiting.has_room(owner_id) if will_wait else waiting.has_thread()
    if is_full or is_old or not has_room:
        raise _no_room(load)


def take_place(owner_id: int, *, in_batches: bool) -> None:
    """In the transaction that charges. Raises Unavailable when others took the threads meanwhile."""
    if not waiting.take_place(owner_id):
        raise _no_room(current_load(in_batches=in_batches))


def _no_room(load: Load) -> Unavailable:
    return Unavailable(
        "Too many pictures are waiting. You were not charged; please try again later.",
        retry_after_s=max(1, min(round(load.age_s), _LONGEST_RETRY_S)),
    )


def current_load(*, in_batches: bool) -> Load:
    """Half a second old, or as old as a look takes: a flood of requests must not become one of queries.

    While one looks the others go by what was seen just before, so that none waits for a slow database.
    """
    now = time.monotonic()
    with _lock:
        seen = _seen.get(in_batches)
        if seen and now < seen.serves_until:
            return seen.load
        if seen and now - seen.at < _USABLE_S:
            _seen[in_batches] = replace(seen, serves_until=now + _FRESH_S)
    found = _look(in_batches)
    now = time.monotonic()
    with _lock:
        _seen[in_batches] = _Seen(found, now, now + _FRESH_S)
    return found


def forget() -> None:
    """The next request looks for itself, for tests."""
    with _lock:
        _seen.clear()


def _look(in_batches: bool) -> Load:
    rows = (
        fairness.waiting(in_batches=in_batches)
        .values_list("owner")
        .annotate(jobs=Count("pk"), age=clock.age_of_oldest())
    )
    found = list(rows)
    oldest_s = max((clock.seconds(age) for _, _, age in found), default=None)
    since = None if oldest_s is None else time.monotonic() - oldest_s
    return Load({owner: jobs for owner, jobs, _ in found}, since)
