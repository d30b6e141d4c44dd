"""Counts and times every request by its route: a template such as v1/jobs/<uuid:job_id>."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Gauge, Histogram

from accounts.ids_in_paths import OPENING

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REQUESTS = Counter("maskr_http_requests", "Requests answered.", ["method", "route", "status"])
DURATION = Histogram(
    "maskr_http_request_duration_seconds",
    "From the request line to the answer, waiting for a job included.",
    ["method", "route"],
    buckets=_BUCKETS,
)
IN_FLIGHT = Gauge(
    "maskr_http_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum"
)


def measure(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware; the outermost one, so that it sees the answers that the others give."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        with IN_FLIGHT.track_inprogress():
            response = get_response(request)
        method, route = method_of(request), route_of(request)
        DURATION.labels(method, route).observe(time.perf_counter() - started)
        REQUESTS.labels(method, route, response.status_code).inc()
        return response

    return middleware


def method_of(request: HttpRequest) -> str:
    """A client may send any word as the method; ours are few."""
    return request.method if request.method in _METHODS else "other"


def route_of(request: HttpRequest) -> str:
    """The pattern that matched, never the path: a stranger can ask for as many paths as he likes."""
    if match := request.resolver_match:
        return f"/{match.route.replace(OPENING, '<uuid:')}"
    return "static" if request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/") else "none"
