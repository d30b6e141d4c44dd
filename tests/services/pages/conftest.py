"""The world of these tests: pages as Alice sees them, and jobs without pictures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from services import operations
from services.models import Job
from services.operations import RemoveBackground

BACKEND = "django.contrib.auth.backends.ModelBackend"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def logged_in(customer) -> Client:
    browser = Client()
    browser.force_login(customer.user, backend=BACKEND)
    return browser


@pytest.fixture
def page(alice) -> Client:
    return logged_in(alice)


def read(page: Client, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def past_job(customer, minutes_ago: float = 0, **fields: Any) -> Job:
    """A job that ended, free and without files, so many minutes before a certain noon."""
    at = NOON - timedelta(minutes=minutes_ago)
    return Job.objects.create(
        owner=customer.user,
        price=0,
        **{
            "operation": operations.to_json(RemoveBackground()),
            "service": "background-removal",
            "state": "completed",
            "created_at": at,
            "ended_at": at + timedelta(seconds=1),
            "purged_at": at,
            **fields,
        },
    )
