"""Waiting for jobs to end. The row is the truth; a nudge only says that it is worth a look.

Whoever waits holds a thread of the web process. Some are kept free, or nobody could be told that
there is no room (`has_room`, asked at the door).
"""

import contextlib
import logging
import threading
import time
from collections import Counter
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
_waiters: Counter[int] = Counter()
_lock = threading.Lock()


def has_room(owner_id: int) -> bool:
    """Whether another request of this account may wait in this process."""
    with _lock:
        share = _SHARE_OF_MANY if owner_id in _waiters else _SHARE_OF_ANY
        return _waiters.total() < max(1, int(settings.WEB_THREADS * share))


def waiters() -> int:
    """How many requests wait in this process."""
    with _lock:
        return _waiters.total()


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
    with _lock:
        _waiters[owner_id] += 1
    try:
        yield
    finally:
        with _lock:
            _waiters[owner_id] -= 1
            if not _waiters[owner_id]:
                del _waiters[owner_id]
