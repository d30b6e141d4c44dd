"""What is somebody's own lies in no cache: every page of theirs, whichever app it comes from."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from accounts.models import User

PERSONAL = ("account/", "accounts/", "admin/", "hijack/")
_UUID = "0f8c2f0a-6a5b-4d42-9d5c-5a8f4f3c1b2e"
SAMPLES = {"uuid": _UUID, "int": "1", "str": "x", "slug": "x", "path": "1"}


def routes(resolver: Any, before: str = "") -> Iterator[str]:
    for part in resolver.url_patterns:
        route = before + str(part.pattern)
        if isinstance(part, URLPattern):
            yield route
        else:
            yield from routes(part, route)


def address(route: str) -> str:
    """One that the route matches, or nearly."""
    filled = re.sub(r"\(\?P<\w+>[^()]*\)", "x", route)
    filled = re.sub(r"<(\w+):\w+>", lambda found: SAMPLES.get(found[1], "x"), filled)
    filled = re.sub(r"<\w+>", "x", filled)
    return "/" + re.sub(r"[\^$]", "", filled)


ADDRESSES = sorted(
    {address(route) for route in routes(get_resolver()) if route.startswith(PERSONAL)}
)


@pytest.fixture
def staff(db) -> Client:
    user = User.objects.create_superuser("root@example.com", "a long enough phrase")
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_there_are_many_such_pages():
    assert len(ADDRESSES) > 100


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_cache_that_others_share_keeps_it(staff, path):
    assert re.search("no-store|private", staff.get(path).headers.get("Cache-Control", ""))


@pytest.mark.parametrize(
    "path", ["/account/billing/statement.csv", "/accounts/2fa/recovery-codes/download/"]
)
def test_what_is_downloaded_is_kept_by_nobody(staff, path):
    assert "no-store" in staff.get(path)["Cache-Control"]
