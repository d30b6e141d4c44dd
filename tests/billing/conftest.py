"""People with credits: one with a hundred, one who never had any."""

import pytest

from accounts import keys
from accounts.models import ApiKey, User
from billing import credits


@pytest.fixture
def poor(db) -> User:
    return User.objects.create_user("poor@example.com")


@pytest.fixture
def rich(db) -> User:
    user = User.objects.create_user("rich@example.com")
    credits.grant(user, 10_000, reason="to begin with")
    return user


@pytest.fixture
def capped(rich) -> ApiKey:
    """A key that may spend five credits a month."""
    return keys.create(rich, "capped", monthly_credit_cap_hundredths=500)[0]
