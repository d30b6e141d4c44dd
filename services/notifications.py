"""Wakes whoever waits for a job. Only a nudge: the job row is the truth, so losing one is harmless.

What is announced before anybody waits is kept for a while: in a Redis list, or in memory.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from functools import cache
from typing import Protocol
from uuid import UUID

import redis
from django.conf import settings

from accounts import redis_patience

logger = logging.getLogger(__name__)
#: Who waits looks at the row at least so often, so that a lost nudge costs no more. Seldom: in an
#: overload a hundred of them wait for many seconds each, and every look is taken from the pictures.
LONGEST_WAIT_S = 5.0
_KEPT_S = 60
_KEPT_EARLY = 1000


class Subscription(Protocol):
    def wait(self, timeout_s: float) -> None:
        """Returns when the job was announced, or after the time."""


_waiting: dict[UUID, list[threading.Event]] = {}
#: Announced while nobody waited, the oldest first: what the list is in Redis.
_early: dict[UUID, None] = {}
_lock = threading.Lock()


def announce(job_id: UUID) -> None:
    """Called after the commit that ended the job; never fails, as the work is already done."""
    if not settings.REDIS_URL:
        with _lock:
            events = list(_waiting.get(job_id, ()))
            if not events:
                _keep(job_id)
        for event in events:
            event.set()
        return
    key = _key(job_id)
    try:
        with _redis().pipeline(transaction=False) as pipe:
            pipe.rpush(key, 1)
            pipe.expire(key, _KEPT_S)
            pipe.execute()
    except redis.RedisError:
        logger.warning("could not announce job %s; its waiter will look for itself", job_id)


def _keep(job_id: UUID) -> None:
    _early[job_id] = None
    if len(_early) > _KEPT_EARLY:
        del _early[next(iter(_early))]


@contextlib.contextmanager
def subscription(job_id: UUID) -> Iterator[Subscription]:
    """Wakes for a nudge that comes, and for one that has come a moment ago to nobody."""
    if settings.REDIS_URL:
        yield _RedisSubscription(job_id)
        return
    event = threading.Event()
    with _lock:
        if job_id in _early:
            del _early[job_id]
            event.set()
        _waiting.setdefault(job_id, []).append(event)
    try:
        yield _EventSubscription(event)
    finally:
        with _lock:
            _waiting[job_id].remove(event)
            if not _waiting[job_id]:
                del _waiting[job_id]


class _EventSubscription:
    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def wait(self, timeout_s: float) -> None:
        self.event.wait(timeout_s)


class _RedisSubscription:
    def __init__(self, job_id: UUID) -> None:
        self.key = _key(job_id)

    def wait(self, timeout_s: float) -> None:
        try:
            if _popping().blpop([self.key], timeout=min(timeout_s, LONGEST_WAIT_S)):
                # Left for another waiter, e.g. a repeated request under the same idempotency key.
                _redis().rpush(self.key, 1)
                _redis().expire(self.key, _KEPT_S)
        except redis.RedisError:
            logger.warning("cannot wait on Redis; looking at the row instead")
            threading.Event().wait(min(timeout_s, 0.25))


def _key(job_id: UUID) -> str:
    return f"maskr:done:{job_id}"


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, **redis_patience.options())


@cache
def _popping() -> redis.Redis:
    """Waits longer than the longest pop, and for as many requests as there may be."""
    options = redis_patience.options(LONGEST_WAIT_S + redis_patience.QUICK_S)
    return redis.Redis.from_url(settings.REDIS_URL, max_connections=1000, **options)
