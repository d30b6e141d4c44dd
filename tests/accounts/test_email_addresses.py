"""The address of an account: which there can be, and how it is changed."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SIGN_UP, CHANGE = "/accounts/signup/", "/accounts/email/"
#: Each part of it is as short as it has to be.
TOO_LONG = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.example.com"


@pytest.fixture(autouse=True)
def _confirmed_by_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def fresh(page, alice) -> Client:
    """Alice's browser just after she gave her password again."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    session = page.session
    given = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [given]
    session["account_authentication_methods_user"] = str(alice.pk)
    session.save()
    return page


def change(client: Client, email: str):
    return client.post(CHANGE, {"action_add": "", "email": email})


def confirm(client: Client):
    """By the link of the last mail."""
    link = re.findall(r"https?://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))[0]
    return client.post(link, follow=True)


def test_a_new_address_wants_the_password_again(page):
    assert change(page, "new@example.com").url.startswith("/accounts/reauthenticate/")


def test_a_new_address_counts_once_it_is_confirmed(fresh, alice):
    change(fresh, "new@example.com")
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    confirm(fresh)
    alice.refresh_from_db()
    assert alice.email == "new@example.com"


def test_the_old_address_is_told_of_the_new_one(fresh):
    change(fresh, "new@example.com")
    confirm(fresh)
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        ["alice@example.com"],
        "The address of your account was changed",
    )


@pytest.fixture(params=["before", "meanwhile"])
def of_another(fresh, request) -> Client:
    """Alice asked for an address for which the staff made an account, which nobody confirmed."""
    if request.param == "before":
        User.objects.create_user("new@example.com", PASSWORD)
    change(fresh, "new@example.com")
    if request.param == "meanwhile":
        User.objects.create_user("new@example.com", PASSWORD)
    return fresh


def test_the_address_of_another_account_is_refused_in_words(of_another):
    answer = confirm(of_another)
    assert (answer.status_code, "Unable to confirm" in answer.content.decode()) == (200, True)


def test_the_address_of_another_account_leaves_all_as_it_was(of_another, alice):
    confirm(of_another)
    verified = EmailAddress.objects.filter(user=alice, verified=True, primary=True)
    assert [row.email for row in verified] == ["alice@example.com"]


def test_no_account_is_made_for_an_address_that_is_cut_short(client):
    form = {"email": TOO_LONG, "password1": PASSWORD, "password2": PASSWORD}
    html = client.post(SIGN_UP, form).content.decode()
    assert ("An email address has at most 254" in html, User.objects.count()) == (True, 0)


def test_an_address_that_is_too_long_is_refused_in_words(fresh):
    html = change(fresh, TOO_LONG).content.decode()
    assert "An email address has at most 254 characters." in html
