import re

import pytest
from django.core import mail

from accounts.models import User
from tests.accounts.conftest import PASSWORD

FOR_STRANGERS = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
]
FOR_MEMBERS = [
    "/account/keys/",
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
]
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(\ssrc=|application/json))", re.I)


@pytest.fixture(autouse=True)
def _local_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("path", FOR_STRANGERS)
def test_gives_strangers_our_look(client, db, path):
    assert "css/maskr.css" in read(client, path)


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_gives_members_our_look_and_the_way_to_their_keys(page, path):
    html = read(page, path)
    assert "css/maskr.css" in html and 'href="/account/keys/"' in html


@pytest.mark.parametrize("path", FOR_STRANGERS)
def test_has_nothing_inline_for_strangers(client, db, path):
    assert not INLINE.search(read(client, path))


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_has_nothing_inline_for_members(page, path):
    assert not INLINE.search(read(page, path))


def test_sends_a_policy_that_forbids_inline_code(client, db):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy


@pytest.mark.parametrize("path", FOR_STRANGERS)
def test_labels_every_field(client, db, path):
    html = read(client, path)
    fields = re.findall(
        r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*\sid="([^"]+)"', html
    )
    assert all(f'<label for="{field}"' in html for field in fields)


def test_logs_in_by_email_in_any_case(client, alice):
    form = {"login": "Alice@Example.com", "password": PASSWORD}
    assert client.post("/accounts/login/", form).url == "/account/"


def test_refuses_a_wrong_password_without_saying_what_is_wrong(client, alice):
    form = {"login": "alice@example.com", "password": "wrong"}
    html = client.post("/accounts/login/", form).content.decode()
    assert "The email address and/or password you specified are not correct." in html


def test_signs_up_a_new_user(client, db):
    form = {"email": "Carol@Example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert User.objects.get().email == "carol@example.com"


def test_makes_no_second_account_for_an_email_in_another_case(client, alice):
    form = {"email": "ALICE@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert User.objects.count() == 1


def test_logs_out_by_post_only(page):
    page.get("/accounts/logout/")
    assert page.get("/account/keys/").status_code == 200
    page.post("/accounts/logout/")
    assert page.get("/account/keys/").status_code == 302


def test_resets_a_forgotten_password(client, alice):
    client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    link = re.findall(r"https?://[^/]+(/\S+)", str(mail.outbox[0].body))[0]
    form_page = client.get(link, follow=True)
    assert "css/maskr.css" in form_page.content.decode()
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    client.post(form_page.request["PATH_INFO"], new)
    alice.refresh_from_db()
    assert alice.check_password("another long phrase")
