"""The checks themselves, one function a part; each may raise one of TROUBLE, and each may hang."""

import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import DatabaseError, connection
from django.db.models import Count, Q
from pika.exceptions import AMQPError

from maskr_site import broker as messages
from services import clock, workers
from services.connections import takes_writes
from services.engines import engines
from services.models import Job, LiveWorker

Part = dict[str, Any]
TROUBLE = (DatabaseError, redis.RedisError, AMQPError, OSError, BotoCoreError, ClientError)
#: Requests to a bucket cost money: so often one process writes to it and reads it back.
_BUCKET_EVERY_S = 30.0
_MEBIBYTE = 2**20

_bucket_lock = threading.Lock()
_bucket_was_good_at = float("-inf")


def database() -> Part:
    if takes_writes():
        return {"ok": True, "kind": connection.vendor}
    return {"ok": False, "kind": connection.vendor, "error": "read-only"}


def broker() -> Part:
    return {"ok": True, "kind": messages.ping()}


def limits() -> Part:
    """What counts requests and wakes who waits: in the server of the broker, or in another one."""
    if not settings.REDIS_URL:
        return {"ok": True, "kind": "memory"}
    messages.ping_redis(settings.REDIS_URL)
    return {"ok": True, "kind": "redis"}


def storage() -> Part:
    """Writes a small file, reads it back and deletes it."""
    global _bucket_was_good_at
    files = storages["default"]
    if isinstance(files, FileSystemStorage):
        return {"ok": _round_trip(files), "kind": "file"}
    with _bucket_lock:
        if time.monotonic() - _bucket_was_good_at < _BUCKET_EVERY_S:
            return {"ok": True, "kind": "s3"}
        is_good = _round_trip(files)
        if is_good:
            _bucket_was_good_at = time.monotonic()
        return {"ok": is_good, "kind": "s3"}


def _round_trip(files: Storage) -> bool:
    data = secrets.token_bytes(32)
    name = files.save(f"health/{secrets.token_hex(8)}", ContentFile(data))
    try:
        with files.open(name) as file:
            return bool(file.read() == data)
    finally:
        files.delete(name)


def disk() -> Part:
    """Room where secrets, uploads on their way and perhaps files lie; the fullest place counts."""
    places = {str(settings.VAR_DIR), tempfile.gettempdir()}
    files = storages["default"]
    if isinstance(files, FileSystemStorage):
        os.makedirs(files.location, exist_ok=True)
        places.add(str(files.location))
    free_mb = min(shutil.disk_usage(place).free for place in places) // _MEBIBYTE
    return {"ok": free_mb >= settings.MIN_FREE_MB, "free_mb": free_mb}


def live_workers() -> Part:
    count = workers.alive().count()
    return {"ok": count > 0, "alive": count}


def models() -> Part:
    """What the live workers say of their engines; in embedded mode this process is the worker."""
    if settings.EMBEDDED:
        return {"ok": engines().has_matting(), "engines": engines().status()}
    newest = LiveWorker.objects.order_by("-seen_at").first()
    if newest is None:
        return {"ok": False, "error": "no worker has reported its models"}
    return {"ok": bool(newest.engines.get("ready")), "engines": newest.engines}


def queue() -> Part:
    """Single pictures only count against it: batches may wait, their customers expect it."""
    single = Q(batch__isnull=True)
    found = Job.objects.filter(state=Job.State.PENDING).aggregate(
        pending=Count("pk"),
        oldest=clock.age_of_oldest(single),
        oldest_in_batch=clock.age_of_oldest(~single),
    )
    age_s = round(clock.seconds(found["oldest"]), 1)
    return {
        "ok": age_s <= settings.READY_QUEUE_AGE_S,
        "pending": found["pending"],
        "oldest_s": age_s,
        "oldest_in_batch_s": round(clock.seconds(found["oldest_in_batch"]), 1),
    }


#: By what they wait for: what hangs in one group leaves the others their answer.
GROUPS: dict[str, dict[str, Callable[[], Part]]] = {
    "database": {"database": database, "workers": live_workers, "models": models, "queue": queue},
    "broker": {"broker": broker},
    "limits": {"limits": limits},
    "storage": {"storage": storage},
    "disk": {"disk": disk},
}
NAMES = ("database", "broker", "limits", "storage", "disk", "workers", "models", "queue")
