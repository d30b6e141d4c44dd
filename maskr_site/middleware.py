"""One id a request, from the edge to the worker to the answer; and what nobody signs in for."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_FOR_ANYONE = frozenset(("/status", "/status.json", "/health", "/health/ready", "/metrics"))
_CLEAN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Keeps a caller's X-Request-ID when it is short and harmless, else makes one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Not request.headers: it is built once, and would keep the value as it came.
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        chosen = given if _CLEAN.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        request.META["HTTP_X_REQUEST_ID"] = chosen  # the logging middleware reads it here
        request.request_id = chosen  # type: ignore[attr-defined]
        response = get_response(request)
        response["X-Request-ID"] = chosen
        return response

    return middleware


def for_anyone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Nobody is recognised where the state is told: sessions lie in the database, which may be away."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in _FOR_ANYONE:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return get_response(request)

    return middleware
