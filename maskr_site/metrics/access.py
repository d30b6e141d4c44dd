"""Who may read metrics: with MASKR_METRICS_TOKEN whoever holds it, without one this machine alone."""

import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.addresses import client_ip, parse

_PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return is_token(request.headers.get("Authorization", ""))
    # A proxy on this machine that nobody told us of makes the whole world look local.
    if came_through_a_proxy(request.META) and not settings.TRUSTED_PROXIES:
        return False
    return is_this_machine(client_ip(request))


def came_through_a_proxy(environ: Mapping[str, Any]) -> bool:
    return any(name in environ for name in _PROXY_HEADERS)


def is_this_machine(text: str) -> bool:
    address = parse(text)
    return address is not None and address.is_loopback


def is_token(header: str) -> bool:
    """Whether an Authorization header holds MASKR_METRICS_TOKEN."""
    scheme, _, given = header.partition(" ")
    wanted: str = settings.METRICS_TOKEN
    is_same = hmac.compare_digest(given.strip().encode(), wanted.encode())
    return bool(wanted) and scheme.lower() == "bearer" and is_same
