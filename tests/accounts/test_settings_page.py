import io
import json
import re
import time
import zipfile

import pytest
from django.core import mail
from django.test import Client

from accounts import erasure, keys
from accounts.models import User
from tests.accounts.conftest import PASSWORD

SETTINGS = "/account/settings/"
DELETE = f"{SETTINGS}delete/"


@pytest.fixture(autouse=True)
def _local_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def fresh(page, alice) -> Client:
    """Alice has just said her password again."""
    session = page.session
    record = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [record]
    session["account_authentication_methods_user"] = str(alice.pk)
    session.save()
    return page


@pytest.mark.parametrize("path", [SETTINGS, DELETE])
def test_strangers_are_asked_to_sign_in(client, db, path):
    assert client.get(path).url.startswith("/accounts/login/")


def test_training_is_off_until_one_opts_in(page, alice):
    before = alice.training_opt_in
    page.post(SETTINGS, {"training_opt_in": "on"})
    alice.refresh_from_db()
    assert (before, alice.training_opt_in) == (False, True)


def test_an_opt_in_can_be_taken_back(page, alice):
    User.objects.update(training_opt_in=True)
    page.post(SETTINGS, {})
    alice.refresh_from_db()
    assert not alice.training_opt_in


def test_the_page_says_how_long_pictures_are_kept(page, settings):
    settings.RETENTION_HOURS = 7
    assert "not retained for over 7 hours" in page.get(SETTINGS).content.decode()


def test_nothing_but_wishes_is_set_here(page, alice):
    page.post(SETTINGS, {"is_staff": "on", "rate_factor": "0", "email": "other@example.com"})
    alice.refresh_from_db()
    assert (alice.is_staff, alice.rate_factor, alice.email) == (False, 1, "alice@example.com")


def test_the_copy_is_a_zip_of_json(page, key):
    answer = page.post(f"{SETTINGS}export")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert json.loads(archive.read("keys.json"))[0]["name"] == key.name
    assert re.search(r'filename="maskr-account-\d{4}-\d\d-\d\d.zip"', answer["Content-Disposition"])


def test_the_copy_is_kept_by_no_cache(page):
    answer = page.post(f"{SETTINGS}export")
    answer.close()
    assert answer["Cache-Control"] == "no-store"


def test_the_copy_is_not_made_by_a_link(page):
    assert page.get(f"{SETTINGS}export").url == SETTINGS


def test_deleting_asks_for_the_password_again(page):
    assert page.get(DELETE).url.startswith("/accounts/reauthenticate/")


def test_a_post_without_a_fresh_password_deletes_nothing(page, alice):
    page.post(DELETE, {"email": alice.email})
    assert User.objects.filter(email="alice@example.com", is_active=True).exists()


def test_the_password_leads_on_to_what_goes(page):
    asked = page.get(DELETE).url
    answer = page.post(asked, {"password": PASSWORD}, follow=True)
    assert "Credits that are left are forfeited" in answer.content.decode()


def test_deleting_wants_the_address_typed(fresh, alice):
    html = fresh.post(DELETE, {"email": "bob@example.com"}).content.decode()
    assert "not the email address of this account" in html
    assert User.objects.filter(email="alice@example.com").exists()


def test_deleting_erases_and_signs_out(fresh, alice, plaintext):
    answer = fresh.post(DELETE, {"email": "Alice@example.com "}, follow=True)
    assert "Your account is deleted" in answer.content.decode()
    assert fresh.get(SETTINGS).status_code == 302 and keys.find(plaintext) is None
    assert not User.objects.filter(email="alice@example.com").exists()


def test_other_sessions_end_with_the_account(fresh, alice):
    other = Client()
    other.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    fresh.post(DELETE, {"email": alice.email})
    assert other.get(SETTINGS).status_code == 302


def test_the_last_mail_goes_to_the_address_that_was(fresh, alice):
    fresh.post(DELETE, {"email": alice.email})
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["alice@example.com"], "Your account is deleted")
    ]


def test_a_refusal_is_told_and_changes_nothing(fresh, alice, monkeypatch):
    def refuse(_user):
        raise erasure.CannotErase("The plan could not be ended.")

    monkeypatch.setattr(erasure, "erase", refuse)
    answer = fresh.post(DELETE, {"email": alice.email}, follow=True)
    assert "The plan could not be ended." in answer.content.decode()
    assert fresh.get(SETTINGS).status_code == 200
