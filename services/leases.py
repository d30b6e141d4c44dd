"""Keeps the leases of the jobs running in this process alive, so that only a dead one expires.

They are written and compared by the database's clock: a process whose own is minutes ahead would
take every running job for abandoned, and do it again.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from services.models import Job

logger = logging.getLogger(__name__)
_held: set[UUID] = set()
_lock = threading.Lock()


def end_of_lease() -> CombinedExpression:
    return Now() + timedelta(seconds=settings.LEASE_S)


@contextlib.contextmanager
def held(token: UUID) -> Iterator[None]:
    with _lock:
        _held.add(token)
    try:
        yield
    finally:
        with _lock:
            _held.discard(token)


def renew() -> None:
    """Called every few seconds by the maintenance thread of the process."""
    with _lock:
        tokens = list(_held)
    if not tokens:
        return
    try:
        Job.objects.filter(state=Job.State.PROCESSING, lease_token__in=tokens).update(
            lease_until=end_of_lease()
        )
    except DatabaseError:
        # The lease may run out and the job be done again: harmless, only the first one settles.
        logger.warning("could not renew %d leases", len(tokens), exc_info=True)
