"""The staff: one browser for each role, and one for somebody without any."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from accounts.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"
JOBS, ACCOUNTS = "/admin/services/job/", "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


class Staff:
    """A member of staff and the admin as they use it."""

    def __init__(self, *roles: str, **fields: Any) -> None:
        name = "-".join(roles) or "new"
        self.user = User.objects.create_user(f"{name}@staff.example", is_staff=True, **fields)
        self.user.groups.set(Group.objects.filter(name__in=roles))
        self.client = Client()
        self.client.force_login(self.user, backend=BACKEND)

    def get(self, path: str, **query: Any) -> str:
        response = self.client.get(path, query)
        assert response.status_code == 200, (path, response.status_code)
        return response.content.decode()

    def act(self, path: str, action: str, *objects: Any, reason: str = "case 7", **fields: Any):
        """Confirms an action of a list; the page that tells what came of it."""
        chosen = {"action": action, "_selected_action": [str(row.pk) for row in objects]}
        confirmed = {"confirmed": "yes", "reason": reason}
        return self.client.post(path, chosen | confirmed | fields, follow=True)


@pytest.fixture
def staff(db) -> Callable[..., Staff]:
    return Staff


@pytest.fixture
def support(staff) -> Staff:
    return staff("support")


@pytest.fixture
def finance(staff) -> Staff:
    return staff("finance")


@pytest.fixture
def operator(staff) -> Staff:
    return staff("operator")


@pytest.fixture
def history(db) -> Callable[[Any], list[str]]:
    """What the history tells of an object, the newest last."""

    def read(subject: Any) -> list[str]:
        lines = LogEntry.objects.filter(object_id=str(subject.pk)).order_by("pk")
        return [line.change_message for line in lines]

    return read
