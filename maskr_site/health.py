"""/health says that the process lives, /health/ready that it can do its work, part by part."""

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from services import workers
from services.engines import engines
from services.models import Job, LiveWorker

_MIN_FREE_BYTES = 200 * 2**20
Part = dict[str, Any]


@require_safe
@never_cache
def alive(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """JSON for API clients, the site for browsers."""
    if "text/html" in request.headers.get("Accept", ""):
        return HttpResponseRedirect("/account/keys/")
    return alive(request)


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when every part is ok, else 503; the body names each part either way."""
    parts = {
        name: _checked(check)
        for name, check in {
            "database": _database,
            "broker": _broker,
            "storage": _storage,
            "workers": _workers,
            "models": _models,
            "queue": _queue,
        }.items()
    }
    is_ready = all(part["ok"] for part in parts.values())
    body = {"status": "ok" if is_ready else "unavailable", "parts": parts}
    return JsonResponse(body, status=200 if is_ready else 503)


def _checked(check: Callable[[], Part]) -> Part:
    started = time.perf_counter()
    try:
        part = check()
    except (DatabaseError, redis.RedisError, OSError) as error:
        # The class only: messages of drivers hold host names and user names.
        part = {"ok": False, "error": type(error).__name__}
    return part | {"ms": round((time.perf_counter() - started) * 1000, 1)}


def _database() -> Part:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True, "kind": connection.vendor}


def _broker() -> Part:
    if settings.EMBEDDED:
        return {"ok": True, "kind": "embedded"}
    client = redis.Redis.from_url(settings.BROKER_URL, socket_timeout=2, socket_connect_timeout=2)
    with client:
        client.ping()
    return {"ok": True, "kind": "redis"}


def _storage() -> Part:
    storage = storages["default"]
    storage.exists("ready")
    if not isinstance(storage, FileSystemStorage):
        return {"ok": True, "kind": "s3"}
    os.makedirs(storage.location, exist_ok=True)
    free = shutil.disk_usage(storage.location).free
    return {"ok": free > _MIN_FREE_BYTES, "kind": "file", "free_mb": free // 2**20}


def _workers() -> Part:
    return {"ok": workers.any_alive()}


def _models() -> Part:
    """What the live workers say of their engines; in embedded mode this process is the worker."""
    if settings.EMBEDDED:
        return {"ok": engines().has_matting(), "engines": engines().status()}
    newest = LiveWorker.objects.order_by("-seen_at").first()
    if newest is None:
        return {"ok": False, "error": "no worker has reported its models"}
    return {"ok": bool(newest.engines.get("ready")), "engines": newest.engines}


def _queue() -> Part:
    pending = Job.objects.filter(state=Job.State.PENDING)
    oldest = pending.order_by("created_at").values_list("created_at", flat=True).first()
    age_s = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return {"ok": True, "pending": pending.count(), "oldest_s": round(age_s, 1)}
