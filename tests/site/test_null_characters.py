"""Null characters, which PostgreSQL does not take in any text, are no failure of ours."""

import pytest
from django.test import Client

from tests.site.test_caching import ADDRESSES

pytestmark = pytest.mark.django_db
NAMES = (
    "batch", "day", "e", "endpoint", "engine", "from", "key", "kind", "lang", "month", "name", "newer", "next",
    "o", "older", "page", "q", "search", "service", "since", "state", "tool", "type", "until",
)  # fmt: skip
OURS = [path for path in ADDRESSES if path.startswith(("/account/", "/accounts/"))]


@pytest.fixture
def browser(django_user_model) -> Client:
    client = Client()
    user = django_user_model.objects.create_user("alice@example.com", "a long enough phrase")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("path", OURS)
def test_asked_for_they_fail_nowhere(browser, path):
    assert browser.get(path, dict.fromkeys(NAMES, "a\0b")).status_code < 500


FIELDS = (
    "name", "description", "url", "email", "login", "password", "password1", "password2", "code",
    "oldpassword", "allowed_ips", "threshold", "phrase", "events", "mode",
)  # fmt: skip


@pytest.mark.parametrize("path", OURS)
def test_sent_in_a_form_they_fail_nowhere(browser, path):
    answer = browser.post(path, {"mode": "live"} | dict.fromkeys(FIELDS, "a\0b"))
    answer.close()  # an archive is a file
    assert answer.status_code < 500
