"""Idempotency-Key by Stripe's rules: one request's work and one charge, however often it is sent.

The row is inserted before anything else (its unique key is the lock) and learns the id of the job
or batch in the transaction that creates it, so a crash before the answer loses nothing.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpResponse
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey, User
from services.connections import free_connection
from services.errors import (
    ApiError,
    BadRequest,
    IdempotencyConflict,
    IdempotencyMismatch,
    Unavailable,
)
from services.models import IdempotentRequest, Job
from services.placing import Recorder

#: How long a request may hold a key before its work exists; longer means its process died.
_HOLD_S = 120
#: When it is worth asking again what became of a request that is still running.
_RETRY_S = 2
_KEPT_HEADERS = ("Location", "Retry-After", "X-Maskr-Engine", "Server-Timing", "Preference-Applied")


Answer = Response | HttpResponse


@dataclass(frozen=True)
class Handlers:
    """`respond` does the work and calls the recorder; `resume` answers for work already placed."""

    respond: Callable[[Recorder], Answer]
    #: None while that work is still running.
    resume: Callable[[UUID], Answer | None]
    #: Whether the answer itself is kept; pictures are not, `resume` reads them again.
    keeps_answer: bool = True
    #: What beside address and body makes the request another one.
    distinction: str = ""


def run(request: Request, owner: User, handlers: Handlers) -> Answer:
    """Raises BadRequest, IdempotencyConflict, IdempotencyMismatch, and what `respond` raises."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return handlers.respond(lambda _work: None)
    if not 0 < len(key) <= 255:
        raise BadRequest("Idempotency-Key must have 1 to 255 characters.")
    fingerprint = _fingerprint(request, handlers.distinction)
    # A second time where the first request was refused between the two looks, and its row deleted.
    for _ in range(2):
        if row := _hold(owner, key, fingerprint):
            return _first(row, handlers)
        if row := IdempotentRequest.objects.filter(owner=owner, key=key).first():
            return _again(row, fingerprint, handlers)
    raise IdempotencyConflict(retry_after_s=_RETRY_S)


def _hold(owner: User, key: str, fingerprint: str) -> IdempotentRequest | None:
    """The new row if this request is the first (or the first after a dead or forgotten one)."""
    IdempotentRequest.objects.filter(
        owner=owner, key=key, created_at__lt=Now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    ).delete()
    IdempotentRequest.objects.filter(
        owner=owner, key=key, work=None, status=None, held_until__lt=Now()
    ).delete()
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(
                owner=owner,
                key=key,
                fingerprint=fingerprint,
                held_until=Now() + timedelta(seconds=_HOLD_S),
                created_at=Now(),
            )
    except IntegrityError:
        return None


def _first(row: IdempotentRequest, handlers: Handlers) -> Answer:
    rows = IdempotentRequest.objects.filter(pk=row.pk)
    free_connection()  # now come the picture's address, its pixels, the bucket
    try:
        response = handlers.respond(lambda work: _must(rows.update(work=work)))
    except Unavailable:
        # Whatever was placed came to nothing and cost nothing: the same key may try again.
        rows.delete()
        raise
    except BaseException:
        _forget_what_came_to_nothing(rows)
        raise
    if handlers.keeps_answer:
        _save(row, cast(Response, response))
    return response


def _forget_what_came_to_nothing(rows: QuerySet[IdempotentRequest]) -> None:
    """No work, or a picture that the worker refused uncharged; other work keeps its row."""
    failed = Job.objects.filter(state=Job.State.FAILED).values("pk")
    rows.filter(Q(work=None) | Q(work__in=failed)).delete()


def _must(changed: int) -> None:
    """Undoes the placing when the key was lost to another request in the meantime."""
    if not changed:
        raise IdempotencyConflict(retry_after_s=_RETRY_S)


def _again(row: IdempotentRequest, fingerprint: str, handlers: Handlers) -> Answer:
    if row.fingerprint != fingerprint:
        raise IdempotencyMismatch
    if row.status is not None:
        return _replay(row)
    try:
        response = handlers.resume(row.work) if row.work else None
    except Unavailable:
        IdempotentRequest.objects.filter(pk=row.pk).delete()
        raise
    except ApiError:
        _forget_what_came_to_nothing(IdempotentRequest.objects.filter(pk=row.pk))
        raise
    if response is None:
        raise IdempotencyConflict(retry_after_s=_RETRY_S)
    if not handlers.keeps_answer:
        response["Idempotent-Replayed"] = "true"
        return response
    _save(row, cast(Response, response))
    row.refresh_from_db()
    return _replay(row)


def _save(row: IdempotentRequest, response: Response) -> None:
    """The first answer to be saved stays; the work is known by now, so no hold is needed."""
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    IdempotentRequest.objects.filter(pk=row.pk, status=None).update(
        status=response.status_code, headers=headers, body=json.dumps(response.data)
    )


def _replay(row: IdempotentRequest) -> Response:
    headers = {**row.headers, "Idempotent-Replayed": "true"}
    return Response(json.loads(row.body), status=row.status, headers=headers)


def _fingerprint(request: Request, distinction: str) -> str:
    """Of method, path, query, fields, the bytes of every file and the kind of key. Parses the body.

    Raises what the upload limits raise.
    """
    digest = hashlib.sha256(distinction.encode())
    if isinstance(request.auth, ApiKey) and request.auth.mode == ApiKey.Mode.TEST:
        digest.update(b"test")  # whose small pictures are no answer to a live key
    for part in (request.method or "", request.path, request.META.get("QUERY_STRING", "")):
        digest.update(f"{len(part)}:{part}".encode())
    if isinstance(request.data, MultiValueDict):
        fields = [(name, text) for name, texts in request.POST.lists() for text in texts]
        for name, text in sorted((name, str(text)) for name, text in fields):
            digest.update(f"{len(name)}:{name}{len(text)}:{text}".encode())
    else:
        # An object from JSON, or bytes, which may have been called a form: then POST is those too.
        digest.update(repr(request.data).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            content = hashlib.sha256()
            for chunk in file.chunks():
                content.update(chunk)
            digest.update(f"{len(name)}:{name}".encode() + content.digest())
    return digest.hexdigest()
