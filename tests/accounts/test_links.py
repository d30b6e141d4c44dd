"""Links of mails and payments lead to PUBLIC_URL, whatever name the request came under."""

import re

import pytest
from django.core import mail

from billing import views

pytestmark = pytest.mark.django_db
PUBLIC = "https://maskr.example"


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = PUBLIC
    settings.ALLOWED_HOSTS = ["*"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def reset(client, email: str, host: str) -> str:
    client.post("/accounts/password/reset/", {"email": email}, headers={"host": host})
    return str(mail.outbox[-1].body)


@pytest.mark.parametrize("host", ["localhost", "maskr.example:8443"])
def test_a_mail_for_a_new_password_links_to_the_public_address(client, alice, host):
    body = reset(client, alice.email, host)
    assert set(re.findall(r"https?://[^/\s]+", body)) == {PUBLIC}


def test_a_mail_names_the_public_address_only(client, alice):
    assert "localhost" not in reset(client, alice.email, "localhost")


def test_a_mail_to_an_unknown_address_links_to_the_public_address(client, db):
    body = reset(client, "nobody@example.com", "localhost")
    assert set(re.findall(r"https?://[^/\s]+", body)) == {PUBLIC}


def test_without_a_public_address_links_lead_to_where_the_request_came(client, alice, settings):
    settings.PUBLIC_URL = ""
    assert "http://localhost/accounts/password/reset/key/" in reset(
        client, alice.email, "localhost"
    )


def test_the_example_with_a_new_key_calls_the_public_address(page):
    answer = page.post("/account/keys/", {"name": "a", "mode": "live"})
    assert f"curl {PUBLIC}/v1/" in answer.content.decode()


def test_payments_return_to_the_public_address(rf, alice):
    request = rf.get("/account/billing/", headers={"host": "localhost"})
    assert views._returns(request).done == f"{PUBLIC}/account/billing/?paid=1"
