import importlib

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts import keys
from accounts.models import User
from tests.accounts.conftest import PASSWORD

KEYS = "/admin/accounts/apikey/"
USERS = "/admin/accounts/user/"
FACTORS = "/admin/mfa/authenticator/"


def revoke(client, key):
    chosen = {"action": "revoke", "_selected_action": [str(key.pk)]}
    return client.post(KEYS, chosen | {"confirmed": "yes", "reason": "leaked"}, follow=True)


def test_lists_keys(admin_client, key):
    assert key.masked in admin_client.get(KEYS).content.decode()


@pytest.mark.parametrize("found_by", ["shop", "alice@example.com"])
def test_finds_a_key(admin_client, key, found_by):
    assert key.masked in admin_client.get(KEYS, {"q": found_by}).content.decode()


@pytest.mark.parametrize("dots", ["…", "..."])
def test_finds_a_key_as_its_owner_sees_it(admin_client, key, dots):
    answer = admin_client.get(KEYS, {"q": key.masked.replace("…", dots)})
    assert f"{KEYS}{key.pk}/change/" in answer.content.decode()


def test_finds_no_other_key_by_the_look_of_one(admin_client, key, alice):
    other, _ = keys.create(alice, "other")
    answer = admin_client.get(KEYS, {"q": key.masked})
    assert f"{KEYS}{other.pk}/change/" not in answer.content.decode()


def test_finds_a_key_by_the_whole_of_it(admin_client, key, plaintext):
    answer = admin_client.get(KEYS, {"q": f" {plaintext} "})
    assert f"{KEYS}{key.pk}/change/" in answer.content.decode()


@pytest.mark.parametrize(
    ("words", "used_from"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48")],
)
def test_finds_keys_by_the_address_that_used_them_last(admin_client, key, words, used_from):
    type(key).objects.update(last_used_ip=used_from)
    answer = admin_client.get(KEYS, {"q": words})
    assert f"{KEYS}{key.pk}/change/" in answer.content.decode()


def test_finds_no_key_by_the_address_of_somebody_else(admin_client, key):
    type(key).objects.update(last_used_ip="203.0.113.0/24")
    answer = admin_client.get(KEYS, {"q": "198.51.100.7"})
    assert f"{KEYS}{key.pk}/change/" not in answer.content.decode()


def test_leads_from_a_key_to_its_jobs(admin_client, key):
    html = admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()
    path = f"/admin/services/job/?api_key__id__exact={key.pk}"
    assert path in html and admin_client.get(path).status_code == 200


def test_shows_a_key_without_its_digest(admin_client, key):
    html = admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert key.fingerprint in html and key.digest not in html


def test_offers_no_field_of_a_key_to_edit(admin_client, key):
    admin_client.post(f"{KEYS}{key.pk}/change/", {"name": "renamed"})
    key.refresh_from_db()
    assert key.name == "shop backend"


@pytest.mark.parametrize("page", ["add/", "{}/delete/"])
def test_neither_adds_nor_deletes_keys(admin_client, key, page):
    assert admin_client.get(KEYS + page.format(key.pk)).status_code == 403


def test_revokes_keys(admin_client, key, plaintext):
    assert "revoked." in revoke(admin_client, key).content.decode()
    assert keys.find(plaintext) is None


def test_lets_only_those_revoke_who_may_change_keys(key, plaintext):
    viewer = User.objects.create_user("viewer@example.com", PASSWORD, is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client = Client()
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    revoke(client, key)
    assert keys.find(plaintext)


def test_adds_a_user_by_email(admin_client):
    form = {"email": "Carol@Example.com", "usable_password": "true", "reason": "asked by phone"}
    admin_client.post(f"{USERS}add/", form | {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="carol@example.com").check_password(PASSWORD)


def test_the_history_of_a_new_user_does_not_tell_the_password(admin_client):
    form = {"email": "carol@example.com", "usable_password": "true", "reason": "asked by phone"}
    admin_client.post(f"{USERS}add/", form | {"password1": PASSWORD, "password2": PASSWORD})
    message = LogEntry.objects.get().change_message
    assert "carol@example.com" in message and PASSWORD not in message


def test_passwords_that_the_history_told_before_are_forgotten(alice):
    told = (
        f"Email address: c@x.example; Password: a. b; {PASSWORD}; Password confirmation: {PASSWORD}"
    )
    LogEntry.objects.log_actions(
        alice.pk, [alice], ADDITION, f"{told}. Reason: asked by phone", single_object=True
    )
    importlib.import_module("accounts.migrations.0004_forget_told_passwords").forget(apps, None)
    message = LogEntry.objects.get().change_message
    assert message == "Email address: c@x.example. Reason: asked by phone"


def test_raises_the_limits_of_an_account(admin_client, alice):
    form = {"email": alice.email, "rate_factor": "10", "reason": "a large customer"}
    admin_client.post(f"{USERS}{alice.pk}/change/", form)
    alice.refresh_from_db()
    assert alice.rate_factor == 10


def test_changes_a_password(admin_client, alice):
    form = {"usable_password": "true", "password1": "quite another", "password2": "quite another"}
    admin_client.post(f"{USERS}{alice.pk}/password/", form)
    alice.refresh_from_db()
    assert alice.check_password("quite another")


def test_tells_the_owner_of_a_password_that_staff_set(admin_client, alice, mailoutbox):
    form = {"usable_password": "true", "password1": "quite another", "password2": "quite another"}
    admin_client.post(f"{USERS}{alice.pk}/password/", form)
    assert [(told.to, told.subject) for told in mailoutbox] == [
        (["alice@example.com"], "Your password was changed")
    ]
    assert "quite another" not in mailoutbox[0].body


def test_a_password_that_is_refused_is_told_to_nobody(admin_client, alice, mailoutbox):
    form = {"usable_password": "true", "password1": "one phrase", "password2": "another phrase"}
    admin_client.post(f"{USERS}{alice.pk}/password/", form)
    assert mailoutbox == []


@pytest.fixture
def factor(alice) -> Authenticator:
    """Of Alice's app, with the recovery codes beside it."""
    RecoveryCodes.activate(alice)
    return TOTP.activate(alice, generate_totp_secret()).instance


def take_away(client, factor, how: str):
    confirmed = {"post": "yes"}
    if how == "its page":
        return client.post(f"{FACTORS}{factor.pk}/delete/", confirmed)
    chosen = {"action": "delete_selected", "_selected_action": [factor.pk]}
    return client.post(FACTORS, chosen | confirmed)


@pytest.mark.parametrize("how", ["its page", "the list"])
def test_a_lost_factor_is_taken_away_with_its_recovery_codes(admin_client, alice, factor, how):
    take_away(admin_client, factor, how)
    assert not Authenticator.objects.filter(user=alice).exists()


@pytest.mark.parametrize("how", ["its page", "the list"])
def test_tells_the_owner_of_a_factor_that_staff_took_away(admin_client, factor, mailoutbox, how):
    take_away(admin_client, factor, how)
    assert [(told.to, told.subject) for told in mailoutbox] == [
        (["alice@example.com"], "Two-factor authentication was switched off")
    ]


@pytest.mark.parametrize("how", ["its page", "the list"])
def test_nobody_but_a_superuser_takes_a_factor_away(client, django_user_model, factor, how):
    staff = django_user_model.objects.create_user("ops@example.com", is_staff=True)
    every = Permission.objects.filter(content_type__app_label="mfa")
    staff.user_permissions.set(every)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    take_away(client, factor, how)
    assert Authenticator.objects.filter(pk=factor.pk).exists()


def test_keeps_customers_out(page):
    assert page.get(KEYS).status_code == 302
