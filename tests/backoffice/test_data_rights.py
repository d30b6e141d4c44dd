"""Accounts exported and erased from the admin."""

import io
import zipfile

import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNTS = "/admin/accounts/user/"


def act(browser, action, *users, reason="the customer asked"):
    data = {
        "action": action,
        "_selected_action": [str(user.pk) for user in users],
        "confirmed": "yes",
        "reason": reason,
    }
    return browser.post(ACCOUNTS, data, follow=True)


def test_an_account_is_erased(admin_client, alice):
    act(admin_client, "erase", alice.user)
    assert not User.objects.filter(email="alice@example.com").exists()


def test_the_reason_of_an_erasure_does_not_keep_the_address(admin_client, alice):
    act(admin_client, "erase", alice.user, reason="ALICE@example.com wrote on Monday")
    told = LogEntry.objects.filter(object_id=str(alice.user.pk)).latest("pk").change_message
    assert ("alice" in told.lower(), told.endswith("wrote on Monday")) == (False, True)


def test_what_is_erased_is_not_erased_again(admin_client, alice):
    act(admin_client, "erase", alice.user)
    html = act(admin_client, "erase", alice.user).content.decode()
    assert "is erased already" in html


def test_what_is_erased_does_not_offer_it_again(operator, alice):
    operator.act(ACCOUNTS, "erase", alice.user)
    page = f"{ACCOUNTS}{alice.user.pk}/change/"
    assert 'name="action" value="erase"' not in operator.get(page)


def test_staff_are_not_erased(admin_client, alice):
    User.objects.update(is_staff=True)
    assert "is staff" in act(admin_client, "erase", alice.user).content.decode()
    assert User.objects.filter(email="alice@example.com").exists()


def test_a_superuser_who_is_no_staff_is_not_erased(operator, alice):
    User.objects.filter(pk=alice.user.pk).update(is_superuser=True)
    assert "is staff" in operator.act(ACCOUNTS, "erase", alice.user).content.decode()
    assert User.objects.filter(email="alice@example.com").exists()


@pytest.mark.parametrize("action", ["suspend", "erase"])
def test_what_would_be_refused_for_a_superuser_is_not_offered(operator, alice, action):
    button, page = f'name="action" value="{action}"', f"{ACCOUNTS}{alice.user.pk}/change/"
    assert button in operator.get(page)
    User.objects.filter(pk=alice.user.pk).update(is_superuser=True)
    assert button not in operator.get(page)


def test_an_account_is_exported(admin_client, alice):
    answer = act(admin_client, "export", alice.user)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert b"alice@example.com" in archive.read("profile.json")


def test_two_accounts_are_not_exported_at_once(admin_client, alice, bob):
    assert (
        "Choose one account" in act(admin_client, "export", alice.user, bob.user).content.decode()
    )


def test_staff_are_exported_by_superusers_only(operator, alice):
    User.objects.update(is_staff=True)
    assert "is staff" in act(operator.client, "export", alice.user).content.decode()
