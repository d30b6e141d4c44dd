"""Jobs over which a worker died run one after the other in each process.

One of those that it was doing may be what killed it. Beside each other again they would die again, until
all of them had been tried too often: one after the other, only that one does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError
from django.db.models import F

from services.connections import free_connection
from services.failures import RESTED
from services.models import Job

_turn = threading.Lock()


@contextmanager
def one_by_one(job: Job) -> Iterator[None]:
    """Lets a job that was tried before wait until no other such job runs in this process.

    The try does not count before it begins. The caller keeps the lease.
    """
    if not is_suspect(job):
        yield
        return
    waits = _turn.locked()
    if waits:
        _count(job, -1)
    free_connection()
    with _turn:
        if waits:
            _count(job, 1)
        yield


def is_suspect(job: Job) -> bool:
    """Not where every try before met a storage in trouble: after it, many such jobs wait at once."""
    return job.attempts > 1 and job.error_code != RESTED


def _count(job: Job, tries: int) -> None:
    """While the database is away it is one try more or less: no reason to end anything."""
    with suppress(DatabaseError):
        mine = Job.objects.filter(pk=job.pk, lease_token=job.lease_token)
        mine.update(attempts=F("attempts") + tries)
