"""The list of sign-ins, and their end."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import sessions
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SESSIONS = "/accounts/sessions/"
INSIDE = "/account/keys/"


@pytest.fixture(autouse=True)
def _not_limited(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def signed_in(user, browser: str) -> Client:
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


@pytest.fixture
def laptop(alice) -> Client:
    return signed_in(alice, "laptop")


@pytest.fixture
def phone(alice) -> Client:
    return signed_in(alice, "phone")


@pytest.fixture
def rotated(laptop, phone, settings) -> None:
    """SECRET_KEY is replaced while both are signed in."""
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret altogether"


def browsers(client: Client) -> list[str]:
    """As the page lists them; nobody who is signed out sees any."""
    return re.findall(r'<th scope="row">(\w+)', client.get(SESSIONS).content.decode())


def is_in(client: Client) -> bool:
    return client.get(INSIDE).status_code == 200


def days_pass(days: int) -> None:
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=days))


def test_lists_every_browser(laptop, phone):
    assert browsers(laptop) == ["laptop", "phone"]


def test_the_others_are_signed_out(laptop, phone):
    laptop.post(SESSIONS)
    assert (is_in(laptop), is_in(phone)) == (True, False)


def test_nothing_is_kept_of_a_sign_in_that_was_ended(laptop, phone):
    laptop.post(SESSIONS)
    assert [row.user_agent for row in UserSession.objects.all()] == ["laptop"]


def test_nobody_elses_session_ends(laptop, bob):
    other = signed_in(bob, "tablet")
    laptop.post(SESSIONS)
    assert is_in(other)


def test_strangers_are_sent_to_sign_in(client):
    assert client.get(SESSIONS).url.startswith("/accounts/login/")


def test_a_session_that_lives_on_stays_listed(laptop, phone):
    days_pass(15)
    sessions.clear_expired()
    assert browsers(laptop) == ["laptop", "phone"]


def test_a_session_that_nobody_listed_is_signed_out_with_the_others(laptop, phone):
    UserSession.objects.filter(user_agent="phone").delete()
    laptop.post(SESSIONS)
    assert not is_in(phone)


def test_an_expired_session_is_listed_no_more(laptop, phone):
    Session.objects.filter(session_key=phone.session.session_key).update(expire_date=timezone.now())
    assert browsers(laptop) == ["laptop"]


def test_expired_sessions_go_with_what_was_known_of_them(laptop):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    sessions.clear_expired()
    assert (Session.objects.count(), UserSession.objects.count()) == (0, 0)


def test_a_session_that_is_gone_takes_along_what_was_known_of_it(laptop, phone):
    Session.objects.filter(session_key=phone.session.session_key).delete()
    sessions.clear_expired()
    assert UserSession.objects.get().user_agent == "laptop"


def test_another_password_leaves_only_the_browser_it_was_given_in(laptop, phone):
    change = {"oldpassword": PASSWORD, "password1": "quite another phrase"}
    laptop.post("/accounts/password/change/", change | {"password2": change["password1"]})
    assert browsers(laptop) == ["laptop"]


def test_after_another_secret_everybody_is_still_signed_in(rotated, laptop, phone):
    assert (is_in(laptop), is_in(phone)) == (True, True)


def test_after_another_secret_everybody_is_still_listed(rotated, laptop, phone):
    assert is_in(phone)
    assert browsers(laptop) == ["laptop", "phone"]


def test_looking_at_the_list_after_another_secret_signs_nobody_out(rotated, laptop, phone):
    browsers(laptop)
    assert is_in(phone)


def test_signing_in_after_another_secret_signs_nobody_out(rotated, alice, phone):
    signed_in(alice, "tablet")
    assert is_in(phone)


def test_after_another_secret_the_others_are_signed_out(rotated, laptop, phone):
    laptop.post(SESSIONS)
    assert (is_in(laptop), is_in(phone)) == (True, False)


def test_a_session_without_its_secret_is_not_listed(rotated, laptop, phone, settings):
    assert is_in(laptop)
    settings.SECRET_KEY_FALLBACKS = []
    assert browsers(laptop) == ["laptop"]
