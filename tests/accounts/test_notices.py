"""Mails about keys and about security."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts import errands, keys, notices
from accounts.models import ApiKey, User
from tests.accounts.conftest import PASSWORD

KEYS = "/account/keys/"
LOCAL = "django.core.mail.backends.locmem.EmailBackend"


class Broken(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("the mail server is away")


@pytest.fixture(autouse=True)
def _local_mail(settings):
    settings.EMAIL_BACKEND = LOCAL
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def no_mail(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"


def ending_in(alice, days: float, *, made_days_ago: float = 30) -> ApiKey:
    key, _ = keys.create(alice, "importer", expires_at=timezone.now() + timedelta(days=days))
    key.created_at = timezone.now() - timedelta(days=made_days_ago)
    key.save()
    return key


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


def test_a_new_key_is_mailed_without_the_key(page, alice):
    page.post(KEYS, {"name": "importer", "mode": "live"})
    [message] = mail.outbox
    key = alice.api_keys.get()
    assert (message.to, message.subject) == ([alice.email], "A key was made: importer")
    assert key.masked in message.body and "sk-live-" in message.body


def test_a_revoked_key_is_mailed(page, key):
    page.post(f"{KEYS}{key.pk}/revoke/")
    assert subjects() == ["A key was revoked: shop backend"]


def test_a_rolled_key_is_mailed_once(page, key):
    page.post(f"{KEYS}{key.pk}/roll/", {"overlap_hours": "24"})
    assert subjects() == ["A key was rolled: shop backend"]


def test_who_wants_no_mails_gets_none(page, alice, key):
    User.objects.update(notify_by_mail=False)
    page.post(f"{KEYS}{key.pk}/revoke/")
    assert subjects() == []


def test_a_key_is_made_also_while_the_mail_server_is_away(page, alice, no_mail):
    assert page.post(KEYS, {"name": "importer", "mode": "live"}).status_code == 200
    assert alice.api_keys.exists()


def test_an_end_within_a_week_is_mailed_once(alice):
    ending_in(alice, 6.9)
    assert (errands.run()["keys_ending"], errands.run()["keys_ending"]) == (1, 0)
    assert subjects() == ["A key ends soon: importer"]


@pytest.mark.parametrize("days", [7.1, -1], ids=["later", "past"])
def test_no_other_end_is_mailed(alice, days):
    ending_in(alice, days)
    assert notices.mail_ending_keys() == 0


def test_the_end_of_a_key_for_a_few_days_is_no_news(alice):
    ending_in(alice, 3, made_days_ago=1)
    assert notices.mail_ending_keys() == 0


def test_the_end_of_a_revoked_key_is_no_news(alice):
    keys.revoke(ending_in(alice, 3))
    assert notices.mail_ending_keys() == 0


def test_nobody_is_mailed_who_does_not_want_it(alice):
    ending_in(alice, 3)
    User.objects.update(notify_by_mail=False)
    assert notices.mail_ending_keys() == 0


def test_nobody_is_mailed_of_a_key_whose_account_is_suspended(alice, key):
    key.user.is_active = False
    notices.key_revoked(key)
    assert subjects() == []


def test_a_mail_that_did_not_go_out_is_tried_again(alice, settings):
    ending_in(alice, 3)
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    first = notices.mail_ending_keys()
    settings.EMAIL_BACKEND = LOCAL
    assert (first, notices.mail_ending_keys()) == (0, 1)


def test_a_changed_password_is_mailed(page, alice):
    alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)
    form = {
        "oldpassword": PASSWORD,
        "password1": "quite another one",
        "password2": "quite another one",
    }
    answer = page.post("/accounts/password/change/", form)
    if answer.url.startswith("/accounts/reauthenticate/"):
        page.post(answer.url, {"password": PASSWORD})
    assert "Your password was changed" in subjects()[0]


def test_signing_up_survives_a_mail_server_that_is_away(client, db, no_mail, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "carol@example.com", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form, follow=True)
    assert "could not be sent" in answer.content.decode()
    assert User.objects.filter(email="carol@example.com").exists()


def test_a_mail_speaks_of_the_server_and_not_of_a_framework(client, db, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "carol@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    [message] = mail.outbox
    assert message.subject == "Confirm your email address"
    assert "http://testserver/accounts/confirm-email/" in message.body


@pytest.mark.parametrize("break_", ["\r", "\n", "\0", "\x1b", "\u2029"], ids=ascii)
def test_a_key_is_named_in_one_line(page, alice, break_):
    answer = page.post(KEYS, {"name": f"a{break_}b", "mode": "live"})
    assert "not allowed" in answer.content.decode()
    assert not alice.api_keys.exists()


def test_a_key_with_an_old_name_of_two_lines_is_told_to_end(alice):
    ApiKey.objects.filter(pk=ending_in(alice, 2).pk).update(name="two\rlines")
    errands.run()
    assert subjects() == ["A key ends soon: two lines"]
