"""Waiting for jobs to end. The row is the truth; a nudge only says that it is worth a look.

Whoever waits holds a thread of the web process. Some are kept free, or nobody could be told that
there is no room (`has_room`, asked at the door).
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from services import notifications, performing
from services.models import Batch, Job

logger = logging.getLogger(__name__)
State = Job.State
#: Between two looks at a database that is away.
_AWAY_S = 0.5

#: Of a process's threads, how many may wait before accounts that have one waiting are refused, and
#: before everybody is: one account's flood leaves room for the others.
_SHARE_OF_MANY, _SHARE_OF_ANY = 0.75, 0.9
#: For whom each of the threads waits, or will as soon as its picture is placed.
_waiters: dict[int, int] = {}
_lock = threading.Lock()


def has_room(owner_id: int, *, stays: bool = False) -> bool:
    """Whether this thread may wait for another request of this account.

    One that stays counts from now until `leave`: of many that come at once none waits yet.
    """
    me = threading.get_ident()
    with _lock:
        others = [owner for thread, owner in _waiters.items() if thread != me]
        share = _SHARE_OF_MANY if owner_id in others else _SHARE_OF_ANY
        has_room = len(others) < max(1, int(settings.WEB_THREADS * share))
        if has_room and stays:
            _waiters[me] = owner_id
    return has_room


def leave() -> None:
    """Nobody waits in this thread any more."""
    with _lock:
        _waiters.pop(threading.get_ident(), None)


def waiters() -> int:
    """How many threads of this process wait."""
    with _lock:
        return len(_waiters)


def wait(job: Job, timeout_s: float) -> Job:
    """The row as it stands when the job has ended, or after the time. Holds no connection meanwhile.

    `job` may be as it was placed: the row is read after the first nudge, not before it.
    """
    with _counted(job.owner_id):
        return _wait(job, timeout_s)


def wait_for_batch(batch: Batch, timeout_s: float) -> None:
    """Returns when every job of the batch has ended, or after the time."""
    deadline = time.monotonic() + timeout_s
    unfinished = batch.jobs.exclude(state__in=[State.COMPLETED, State.FAILED])
    with _counted(batch.owner_id):
        for job in unfinished.order_by("batch_index"):
            left = deadline - time.monotonic()
            if left <= 0:
                return
            _wait(_looked_up(job), left)


def _wait(job: Job, timeout_s: float) -> Job:
    deadline = time.monotonic() + timeout_s
    with notifications.subscription(job.pk) as subscription:
        while not job.has_ended and (left := deadline - time.monotonic()) > 0:
            performing.free_connection()
            subscription.wait(min(left, notifications.LONGEST_WAIT_S))
            job = _looked_up(job)
    return job


def _looked_up(job: Job) -> Job:
    """As it was, where the database is away: the job is placed and paid, so this is no time to give up."""
    try:
        return Job.objects.get(pk=job.pk)
    except DatabaseError:
        logger.warning("cannot look at job %s; trying again", job.pk, exc_info=True)
        close_old_connections()
        threading.Event().wait(_AWAY_S)
        return job


@contextlib.contextmanager
def _counted(owner_id: int) -> Iterator[None]:
    me = threading.get_ident()
    with _lock:
        is_counted = me in _waiters
        _waiters.setdefault(me, owner_id)
    try:
        yield
    finally:
        if not is_counted:
            leave()
