"""Rate limits by API key and scope, and the headers that tell the client where it stands."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import metrics, rates
from accounts.models import ApiKey, User

TEST_KEY_PER_MINUTE = 20


class KeyRateThrottle(BaseThrottle):
    """Reads `rate_scope` and `rate_per_minute` of the view; views of one scope share one count."""

    state: rates.RateState | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        identity = _identity(request)
        limit = _limit(request, view.rate_per_minute)
        if identity is None or limit == 0:
            return True
        # An unreachable counter lets everything pass: a limit protects against greed, and refusing
        # every paying customer because Redis restarts would be the greater harm.
        self.state = rates.hit(limit, view.rate_scope, identity)
        request._request.rate_state = self.state  # type: ignore[attr-defined]
        refused = metrics.THROTTLED.labels(view.rate_scope)  # a rate needs a zero to rise from
        if self.state is None or self.state.is_allowed:
            return True
        refused.inc()
        return False

    def wait(self) -> float | None:
        return self.state.reset_s if self.state else None


def rate_limit_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the limit on every answer to a counted request, errors and 429s included."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        state: rates.RateState | None = getattr(request, "rate_state", None)
        if state:
            response["RateLimit-Limit"] = str(state.limit)
            response["RateLimit-Remaining"] = str(state.remaining)
            response["RateLimit-Reset"] = str(state.reset_s)
        return response

    return middleware


def _identity(request: Request) -> str | None:
    """The key, or the person where a page calls the API by session; nobody is not counted."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    return f"user:{request.user.pk}" if isinstance(request.user, User) else None


def _limit(request: Request, per_minute: int) -> int:
    """Requests a minute; 0 for no limit."""
    if isinstance(request.auth, ApiKey) and request.auth.is_test:
        per_minute = min(per_minute, TEST_KEY_PER_MINUTE)
    return per_minute * request.user.rate_factor if isinstance(request.user, User) else per_minute
