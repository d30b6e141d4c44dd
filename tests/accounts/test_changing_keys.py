"""An existing key gets another name or other limits without being made anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey

LIMITS = {"name": "web shop", "scopes": ["account:read"], "monthly_credits": "25"}


def change(page, key: ApiKey, **fields):
    return page.post(f"/account/keys/{key.pk}/", LIMITS | fields, follow=True)


def test_a_key_gets_another_name_and_stays_itself(page, key, plaintext):
    change(page, key)
    found = keys.find(plaintext)
    assert found and found == key and found.name == "web shop"


def test_limits_are_set(page, key):
    change(page, key, allowed_ips="203.0.113.7", expires_on="2099-12-31")
    key.refresh_from_db()
    assert (key.scopes, key.allowed_ips) == (["account:read"], ["203.0.113.7/32"])
    assert (key.monthly_credit_cap_hundredths, key.expires_at.year) == (2500, 2099)


def test_limits_are_taken_away_by_empty_fields(page, key):
    change(page, key)
    change(page, key, scopes=[], monthly_credits="")
    key.refresh_from_db()
    assert (key.scopes, key.monthly_credit_cap_hundredths) == ([], None)


def test_another_key_keeps_its_limits(page, alice, key):
    other, _ = keys.create(alice, "other")
    change(page, key)
    other.refresh_from_db()
    assert (other.name, other.monthly_credit_cap_hundredths) == ("other", None)


def test_the_form_shows_what_is_set(page, key):
    change(page, key, allowed_ips="203.0.113.0/24")
    html = page.get(f"/account/keys/{key.pk}/").content.decode()
    assert "203.0.113.0/24</textarea>" in html and 'value="25"' in html


def test_the_mode_stays(page, key):
    change(page, key, mode="test")
    key.refresh_from_db()
    assert key.mode == "live"


def test_a_bad_limit_changes_nothing(page, key):
    html = change(page, key, allowed_ips="office").content.decode()
    key.refresh_from_db()
    assert "office is neither" in html and key.name == "shop backend"


def test_an_ended_key_is_not_brought_back(page, key, plaintext):
    keys.revoke(key)
    html = change(page, key, expires_on="2099-12-31").content.decode()
    assert "has ended" in html and keys.find(plaintext) is None


def test_a_key_of_somebody_else_is_not_there(page, bob):
    key, _ = keys.create(bob, "secret project")
    assert change(page, key).status_code == 404


def test_another_end_is_announced_again(page, alice):
    soon = timezone.now() + timedelta(days=2)
    key, _ = keys.create(alice, "importer", expires_at=soon)
    ApiKey.objects.update(end_mailed_at=timezone.now())
    change(page, key, expires_on=f"{timezone.now() + timedelta(days=5):%Y-%m-%d}")
    assert ApiKey.objects.get().end_mailed_at is None


def test_the_same_end_is_not_announced_again_for_another_name(page, alice):
    day = f"{timezone.now() + timedelta(days=5):%Y-%m-%d}"
    page.post("/account/keys/", {"name": "importer", "mode": "live", "expires_on": day})
    ApiKey.objects.update(end_mailed_at=timezone.now())
    change(page, ApiKey.objects.get(), name="shop", expires_on=day)
    kept = ApiKey.objects.get()
    assert kept.name == "shop" and kept.end_mailed_at


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_asked_to_sign_in(client, key, method):
    assert getattr(client, method)(f"/account/keys/{key.pk}/").status_code == 302


def test_the_list_says_what_of_the_monthly_cap_is_used(page, key):
    change(page, key)
    assert "0 of 25 credits this month" in page.get("/account/keys/").content.decode()
