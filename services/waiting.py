"""Waiting for jobs to end. The row is the truth; a nudge only says that it is worth a look.

Whoever waits holds a thread of the web process. Some are kept free, or nobody could be told that
there is no room (`has_room`, asked at the door, and `take_place`, when the picture is placed).
"""

import contextlib
import logging
import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from socket import socket

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from services import notifications
from services.connections import free_connection
from services.models import Batch, Job

logger = logging.getLogger(__name__)
State = Job.State
#: Between two looks at a database that is away.
_AWAY_S = 0.5

#: Of a process's threads, how many may wait before accounts that have one waiting are refused, and
#: before everybody is: one account's flood leaves room for the others.
_SHARE_OF_MANY, _SHARE_OF_ANY = 0.75, 0.9
#: How long the way from the door to a placed picture may take until the thread counts as waiting.
_GRACE_S = 5.0


@dataclass(frozen=True)
class _Place:
    """For whom a thread waits, or is about to; from when it counts, by time.monotonic()."""

    owner: int
    counts_from: float


class ClientGone(Exception):
    """Who asked has hung up: the job goes on without a thread, and its result is kept."""


#: Whether the client has hung up.
Look = Callable[[], bool]


def hung_up(connection: socket | None) -> bool:
    """Whether the other end is closed; never so where there is none to be seen, or the system does not tell.

    Nothing is read: what a client sends ahead is its next request.
    """
    closed = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
    if connection is None or connection.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(connection, closed)
    return any(event & closed for _, event in poll.poll(0))


def _never() -> bool:
    return False


class _Closing:
    """Until when anybody waits, by time.monotonic(): for ever, unless the process is to end."""

    at = float("inf")


_closing = _Closing()
_places: dict[int, _Place] = {}
_lock = threading.Lock()


def has_room(owner_id: int) -> bool:
    """Whether this thread may wait for another request of this account."""
    with _lock:
        return _has_room(owner_id)


def has_thread() -> bool:
    """Whether one may bring work that nobody waits for: its upload, too, takes as long as it takes."""
    with _lock:
        return len(_others()) < _most(_SHARE_OF_ANY)


def come(owner_id: int) -> None:
    """At the door. Who is slow from here on, with an upload or an address, takes a place as well."""
    with _lock:
        _places[threading.get_ident()] = _Place(owner_id, time.monotonic() + _GRACE_S)


def take_place(owner_id: int) -> bool:
    """False where there is no room any more; else this thread counts until `leave`.

    To be asked when the picture is paid: of many that come at once most may be refused for their
    credits, in no time, and are to be told that.
    """
    with _lock:
        has_room = _has_room(owner_id)
        if has_room:
            _places[threading.get_ident()] = _Place(owner_id, time.monotonic())
    return has_room


def must_go() -> bool:
    """Asked while an upload comes: whether the thread counts by now, and there is no room for it.

    Many that come at once are all let in, as none of them counts yet. Who is told to go counts no more.
    """
    with _lock:
        place = _places.get(threading.get_ident())
        if place is None or place.counts_from > time.monotonic() or _has_room(place.owner):
            return False
        del _places[threading.get_ident()]
    return True


def _has_room(owner_id: int) -> bool:
    others = _others()
    return len(others) < _most(_SHARE_OF_MANY if owner_id in others else _SHARE_OF_ANY)


def _others() -> list[int]:
    """For whom the other threads wait."""
    me, now = threading.get_ident(), time.monotonic()
    return [
        place.owner
        for thread, place in _places.items()
        if thread != me and place.counts_from <= now
    ]


def _most(share: float) -> int:
    return max(1, int(settings.WEB_THREADS * share))


def leave() -> None:
    """Nobody waits in this thread any more."""
    with _lock:
        _places.pop(threading.get_ident(), None)


def close_at(moment: float) -> None:
    """Whoever still waits then is told that it is not done yet, while there is somebody to tell it."""
    _closing.at = moment


def waiters() -> int:
    """How many threads of this process wait."""
    now = time.monotonic()
    with _lock:
        return sum(place.counts_from <= now for place in _places.values())


def wait(job: Job, timeout_s: float, is_gone: Look = _never) -> Job:
    """The row as it stands when the job has ended, or after the time, or when the process ends.

    Holds no connection meanwhile. Raises ClientGone once nobody is there for whom to wait.

    `job` may be as it was placed: the row is read after the first nudge, not before it.
    """
    with _counted(job.owner_id):
        return _wait(job, timeout_s, is_gone)


def wait_if_room(job: Job, timeout_s: float) -> None:
    """For a page that can as well be shown before the job has ended: takes no thread that is needed."""
    if take_place(job.owner_id):
        try:
            wait(job, timeout_s)
        finally:
            leave()


def wait_for_batch(batch: Batch, timeout_s: float, is_gone: Look = _never) -> None:
    """Returns when every job of the batch has ended, or after the time. Raises ClientGone."""
    deadline = time.monotonic() + timeout_s
    with _counted(batch.owner_id):
        for job in _unfinished(batch, deadline):
            if _left(deadline) <= 0:
                return
            _wait(_looked_up(job), _left(deadline), is_gone)


def _wait(job: Job, timeout_s: float, is_gone: Look) -> Job:
    deadline = time.monotonic() + timeout_s
    with notifications.subscription(job.pk) as subscription:
        while not job.has_ended and (left := _left(deadline)) > 0:
            free_connection()
            subscription.wait(min(left, notifications.LONGEST_WAIT_S))
            job = _looked_up(job)
            if not job.has_ended and is_gone():
                raise ClientGone
    return job


def _left(deadline: float) -> float:
    return min(deadline, _closing.at) - time.monotonic()


def _unfinished(batch: Batch, deadline: float) -> list[Job]:
    """Raises DatabaseError where the database is away for as long as that."""
    unfinished = batch.jobs.exclude(state__in=[State.COMPLETED, State.FAILED])
    while True:
        try:
            return list(unfinished.order_by("batch_index"))
        except DatabaseError:
            if _left(deadline) <= 0:
                raise
            _bear_absence(batch)


def _looked_up(job: Job) -> Job:
    """As it was, where the database is away: the job is placed and paid, so this is no time to give up."""
    try:
        return Job.objects.get(pk=job.pk)
    except DatabaseError:
        _bear_absence(job)
        return job


def _bear_absence(work: Job | Batch) -> None:
    logger.warning("cannot look at %s; trying again", work.pk, exc_info=True)
    close_old_connections()
    threading.Event().wait(_AWAY_S)


@contextlib.contextmanager
def _counted(owner_id: int) -> Iterator[None]:
    me = threading.get_ident()
    with _lock:
        before = _places.get(me)
        _places[me] = _Place(owner_id, time.monotonic())
    try:
        yield
    finally:
        if before is None:
            leave()
