"""What accounts themselves forget of an erased person; the rest is in tests/services/test_erasure.py."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import erasure, keys
from accounts.models import ApiKey, User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def erased(alice) -> User:
    """Alice, who used what there is; she is gone by now."""
    key, _ = keys.create(alice, "shop backend", allowed_ips=["203.0.113.0/24"])
    keys.touch(key, "203.0.113.7")
    User.objects.filter(pk=alice.pk).update(training_opt_in=True, last_login=timezone.now())
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    TOTP.activate(alice, generate_totp_secret())
    RecoveryCodes.activate(alice)
    Client().force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    # Of a session that has ended; those that live end with the password.
    UserSession.objects.create(user=alice, ip="192.0.2.1", session_key="over", user_agent="her own")
    erasure.erase(alice)
    return User.objects.get(pk=alice.pk)


def test_no_key_says_from_where_it_could_be_used(erased):
    assert ApiKey.objects.get().allowed_ips == []


def test_no_key_says_from_where_it_was_used(erased):
    assert ApiKey.objects.get().last_used_ip == ""


def test_no_key_says_what_it_was_for(erased):
    assert "shop" not in ApiKey.objects.get().name


def test_nothing_is_left_that_makes_codes(erased):
    assert not Authenticator.objects.exists()


def test_no_address_of_mail_is_left(erased):
    assert not EmailAddress.objects.exists()


def test_no_sign_in_is_listed_any_more(erased):
    assert not UserSession.objects.exists()


def test_no_session_of_theirs_is_left(erased):
    assert not Session.objects.exists()


def test_nothing_says_when_they_were_here_last(erased):
    assert erased.last_login is None


def test_the_consent_to_training_ends(erased):
    assert not erased.training_opt_in


def test_no_password_fits_any_more(erased):
    assert not erased.has_usable_password()


@pytest.mark.parametrize("email", ["alice@example.com", "erased-{pk}@erased.invalid"])
def test_nobody_signs_in_to_what_is_left(erased, email):
    client = Client()
    told = {"login": email.format(pk=erased.pk), "password": PASSWORD}
    client.post("/accounts/login/", told)
    assert client.get("/account/keys/").status_code == 302
