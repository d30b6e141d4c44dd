"""One line a request: what was asked, by whom, what came of it. Never its query, body or key."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from structlog.contextvars import bind_contextvars, clear_contextvars

from accounts.addresses import client_ip
from maskr_site.metrics.requests import route_of

logger = structlog.get_logger(__name__)


def access_log(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware, after the one that makes the id, which every line of the request then carries."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=getattr(request, "request_id", ""))
        try:
            response = get_response(request)
            _tell(request, response, time.perf_counter() - started)
            return response
        finally:
            clear_contextvars()  # the thread serves somebody else next

    return middleware


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Errors have a line of their own with a traceback; this one says that it was a request's."""
    tell = logger.warning if response.status_code >= 500 else logger.info
    tell(
        "request",
        method=request.method,
        path=request.path,
        route=route_of(request),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        bytes_in=_promised(request),
        bytes_out=_size(response),
        ip=client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        **_person(request),
    )


def _person(request: HttpRequest) -> dict[str, Any]:
    """Whoever is signed in, if anything asked; a key's account is bound where the key is found."""
    user = getattr(request, "_cached_user", None)
    return {"account_id": user.pk} if user is not None and user.pk else {}


def _promised(request: HttpRequest) -> int | None:
    """Of the body, as announced; None where it came in chunks of which nobody knew the sum."""
    told = str(request.META.get("CONTENT_LENGTH") or 0)
    return int(told) if told.isdecimal() and "maskr.chunked" not in request.META else None


def _size(response: HttpResponseBase) -> int | None:
    """Of the body; None where it streams and nobody knows."""
    if told := response.headers.get("Content-Length"):
        return int(told)
    return None if response.streaming else len(getattr(response, "content", b""))
