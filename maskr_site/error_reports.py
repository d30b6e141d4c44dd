"""Optional reports of errors to a Sentry server: where it broke, never what a customer sent.

Left out: bodies, headers, cookies, queries, local variables, breadcrumbs, names of people. What is
left is masked like log lines, and tagged with the ids by which the log has the rest.
"""

from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured

from maskr_site.logs import masked

_TAGS = ("request_id", "job_id", "batch_id", "account_id")
_KEPT_HEADERS = frozenset(("Content-Type", "Content-Length", "User-Agent"))


def begin(dsn: str) -> None:
    """Does nothing without a DSN. Raises ImproperlyConfigured when the library is missing or the DSN is none."""
    if not dsn:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        raise ImproperlyConfigured(
            "MASKR_SENTRY_DSN is set, and sentry-sdk is not installed: "
            "pip install 'sentry-sdk>=2.60,<3'."
        ) from error
    try:
        sentry_sdk.init(
            dsn=dsn,
            auto_enabling_integrations=False,
            integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False)],
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,  # errors are reported, not how many requests went well
            before_send=scrub,
        )
    except BadDsn as error:
        # Not the DSN itself: it holds a key.
        raise ImproperlyConfigured("MASKR_SENTRY_DSN is no Sentry DSN.") from error


def scrub(event: Any, hint: Any) -> Any:
    """What is sent in the place of an event; None for nothing."""
    if event.get("logger") == "django.request" and not hint.get("exc_info"):
        return None  # a 503 that we chose to give, not an error
    if request := event.get("request"):
        event["request"] = _scrubbed(request)
    for name in ("user", "breadcrumbs", "extra", "modules"):
        event.pop(name, None)
    told = structlog.contextvars.get_contextvars()
    event["tags"] = {
        **event.get("tags", {}),
        **{tag: str(told[tag]) for tag in _TAGS if told.get(tag)},
    }
    return masked(event)


def _scrubbed(request: dict[str, Any]) -> dict[str, Any]:
    headers = request.get("headers", {})
    return {
        "method": request.get("method"),
        "url": str(request.get("url", "")).partition("?")[0],
        "headers": {name: value for name, value in headers.items() if name in _KEPT_HEADERS},
    }
