"""The world of these tests: Alice, who has a key, Bob, who must see nothing of hers."""

from collections.abc import Iterator

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import keys, rates
from accounts.models import ApiKey, User
from tests.needs import REDIS, missing, need

PASSWORD = "a long enough phrase"


@pytest.fixture(autouse=True)
def _fresh_counters(settings) -> Iterator[None]:
    """Counts in memory, from zero, whatever the environment says."""
    settings.REDIS_URL = ""
    settings.TRUSTED_PROXIES = 0
    rates.forget()
    yield
    rates.forget()


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _plain_static_files(settings) -> None:
    # Manifest and folder exist only after collectstatic.
    settings.WHITENOISE_AUTOREFRESH = True
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice@example.com", PASSWORD)


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user("bob@example.com", PASSWORD)


@pytest.fixture
def new_key(alice) -> tuple[ApiKey, str]:
    return keys.create(alice, "shop backend")


@pytest.fixture
def key(new_key: tuple[ApiKey, str]) -> ApiKey:
    return new_key[0]


@pytest.fixture
def plaintext(new_key: tuple[ApiKey, str]) -> str:
    return new_key[1]


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def page(alice) -> Client:
    """A browser in which Alice has logged in."""
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def redis_url() -> str:
    if reason := missing("redis"):
        need("redis", reason)
    return REDIS
