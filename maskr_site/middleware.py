"""One id a request, from the edge to the worker to the answer; and what nobody signs in for, or may
ask for by any name."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve

_FOR_ANYONE = frozenset(
    ("/status", "/status.json", "/health", "/health/ready", "/v2/health", "/metrics")
)
#: Where people are shown what is theirs.
_PERSONAL = ("/account/", "/accounts/", "/admin/", "/hijack/")
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
        if request.path.rstrip("/") in _FOR_ANYONE:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return get_response(request)

    return middleware


def keeps_nothing(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """What is somebody's own lies in no cache, unless its view says otherwise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(_PERSONAL):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def by_any_name(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Before CommonMiddleware, which refuses names that are not ours: balancers and Prometheus ask each
    process itself, by its address.

    That it lives is no secret. Metrics are told so only where a token guards them: without one they are
    for this machine, and a page that had its name point here could have them read by this machine's
    browser.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_guarded = request.path == "/metrics" and settings.METRICS_TOKEN
        if not is_guarded and request.path.rstrip("/") != "/health":
            return get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        response: HttpResponse = match.func(request)
        return response

    return middleware
