from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import ApiKey, User
from tests.accounts.conftest import PASSWORD

HOUR = timedelta(hours=1)


def test_refuses_the_same_email_in_another_case(alice):
    with pytest.raises(IntegrityError):
        User.objects.create_user("ALICE@Example.com")


def test_refuses_the_same_email_in_another_case_without_the_manager(alice):
    with pytest.raises(IntegrityError):
        User(email="Alice@EXAMPLE.com").save()


def test_finds_a_user_by_email_in_any_case(alice):
    assert User.objects.get(email="ALICE@example.COM") == alice


def test_logs_in_by_email_in_any_case(rf, alice):
    assert authenticate(rf.post("/"), username="Alice@Example.com", password=PASSWORD) == alice


def test_refuses_a_user_without_an_email(db):
    with pytest.raises(ValueError, match="email"):
        User.objects.create_user("")


def test_a_user_without_a_password_cannot_log_in_by_password(db):
    assert not User.objects.create_user("eve@example.com").has_usable_password()


def test_a_superuser_is_staff(db):
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    assert root.is_staff and root.is_superuser


@pytest.mark.parametrize(
    ("mode", "is_staff", "word"),
    [("live", False, "live"), ("live", True, "admin"), ("test", True, "synthetic")],
)
def test_names_its_mode_for_account_answers(mode, is_staff, word):
    assert ApiKey(mode=mode, user=User(is_staff=is_staff)).account_mode == word


@pytest.mark.parametrize(
    ("revoked_in", "expires_in", "state"),
    [
        (None, None, "active"),
        (None, HOUR, "active"),
        (HOUR, None, "ending"),
        (-HOUR, HOUR, "revoked"),
        (HOUR, -HOUR, "expired"),
    ],
)
def test_says_its_state_in_one_word(revoked_in, expires_in, state):
    now = timezone.now()
    revoked_at = now + revoked_in if revoked_in else None
    expires_at = now + expires_in if expires_in else None
    assert ApiKey(revoked_at=revoked_at, expires_at=expires_at).state == state


def test_ends_at_whichever_comes_first():
    now = timezone.now()
    assert ApiKey(revoked_at=now + HOUR, expires_at=now).ends_at == now


def test_has_no_end_unless_given_one():
    assert ApiKey().ends_at is None


def test_shows_only_its_beginning_and_end(key, plaintext):
    assert str(key) == f"shop backend ({plaintext[:12]}…{plaintext[-4:]})"
