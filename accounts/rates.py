"""Counts requests exactly: a moving window of a minute or a day, in Redis or in this process's memory."""

import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from threading import Lock

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from accounts import redis_patience

logger = logging.getLogger(__name__)
_COMPLAIN_EVERY_S = 60.0
_complained_at = float("-inf")
# The cache alone lets simultaneous first requests make two counters in memory, each letting its
# own full number through.
_first_use = Lock()


@dataclass(frozen=True)
class RateState:
    """What counting a request came to; `reset_s` is when the next place becomes free."""

    limit: int
    remaining: int
    reset_s: int
    is_allowed: bool


def hit(per_minute: int, *identity: str) -> RateState | None:
    """Counts one request of `identity`, if it fits. None when the counter is out of reach.

    A refused request is not counted, so hammering does not prolong the wait.
    """
    return _count(RateLimitItemPerMinute(per_minute), identity)


def hit_of_day(per_day: int, *identity: str) -> RateState | None:
    """The same, over the last 24 hours."""
    return _count(RateLimitItemPerDay(per_day), identity)


def of_day(per_day: int, *identity: str) -> RateState | None:
    """What `hit_of_day` would come to, without counting anything."""
    return _count(RateLimitItemPerDay(per_day), identity, cost=0)


def _count(item: RateLimitItem, identity: tuple[str, ...], cost: int = 1) -> RateState | None:
    try:
        with _first_use:
            counter = _limiter(settings.REDIS_URL)
        is_allowed = counter.hit(item, *identity) if cost else counter.test(item, *identity)
        window = counter.get_window_stats(item, *identity)
    except StorageError as error:
        _complain(error)
        return None
    # Asked a moment after the hit: others may have taken or freed a place in between.
    remaining = min(window.remaining, item.amount - cost) if is_allowed else 0
    reset_s = max(1, math.ceil(window.reset_time - time.time()))
    return RateState(item.amount, remaining, reset_s, is_allowed)


def forget() -> None:
    """Drops connections and counts in memory, for tests and after a fork."""
    _limiter.cache_clear()


@cache
def _limiter(url: str) -> MovingWindowRateLimiter:
    if not url:
        return MovingWindowRateLimiter(storage_from_string("memory://"))
    storage = storage_from_string(url, wrap_exceptions=True, **redis_patience.options())
    return MovingWindowRateLimiter(storage)


def _complain(error: StorageError) -> None:
    # Every request meets the same failure: one line a minute says as much as thousands.
    global _complained_at
    now = time.monotonic()
    if now - _complained_at >= _COMPLAIN_EVERY_S:
        _complained_at = now
        logger.error("rate limits are not enforced: %s", type(error.storage_error).__name__)
