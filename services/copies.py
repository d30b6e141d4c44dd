"""Small copies of pictures, kept for the pages that list jobs: gone with the pictures, if not before.

They lie in the cache. One that is away is done without.
"""

import contextlib

import redis
from django.core.cache import cache

from services.models import Job

_KEPT_S = 3600
_OF = ("input", "companion", "result")


def find(job: Job, which: str) -> bytes | None:
    with contextlib.suppress(redis.RedisError):
        found: bytes | None = cache.get(_key(job, which))
        return found
    return None


def keep(job: Job, which: str, data: bytes) -> None:
    with contextlib.suppress(redis.RedisError):
        cache.set(_key(job, which), data, _KEPT_S)


def forget(job: Job) -> None:
    with contextlib.suppress(redis.RedisError):
        cache.delete_many([_key(job, which) for which in _OF])


def _key(job: Job, which: str) -> str:
    return f"reduced:{job.pk}:{which}:small"
