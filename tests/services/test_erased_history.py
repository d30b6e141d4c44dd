"""The history of the admin after an erasure: who did what and when, no longer to whom."""

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry

from accounts import erasure
from accounts.backoffice import audit
from accounts.models import User

pytestmark = pytest.mark.usefixtures("books")


def history_line(actor: User, subject: Any, message: str) -> LogEntry:
    audit.note(actor, subject, message)
    return LogEntry.objects.latest("pk")


def test_the_history_no_longer_says_to_whom_but_who_what_and_when(alice, bob):
    line = history_line(bob.user, alice.user.credit_account, "Granted 5 to Alice@example.com.")
    erasure.erase(alice.user)
    after = LogEntry.objects.get(pk=line.pk)
    nobody = f"erased-{alice.user.pk}@erased.invalid"
    assert after.change_message == f"Granted 5 to {nobody}."
    assert after.object_repr.startswith(nobody)
    assert (after.user, after.action_time) == (bob.user, line.action_time)


def test_the_history_forgets_an_address_the_account_had_before(alice, bob):
    history_line(bob.user, alice.user, "Suspended.")
    User.objects.filter(pk=alice.user.pk).update(email="new@example.com")
    alice.user.refresh_from_db()
    erasure.erase(alice.user)
    assert "alice@" not in LogEntry.objects.get().object_repr


def test_the_history_forgets_an_address_that_json_spells_out(alice, bob):
    EmailAddress.objects.create(user=alice.user, email="zoë@example.com")
    line = history_line(bob.user, bob.user, json.dumps([{"changed": {"name": "zoë@example.com"}}]))
    erasure.erase(alice.user)
    line.refresh_from_db()
    assert json.loads(line.change_message) == [
        {"changed": {"name": f"erased-{alice.user.pk}@erased.invalid"}}
    ]


def test_the_history_forgets_the_name_of_a_key(alice, bob):
    history_line(bob.user, alice.key, "Revoked.")
    erasure.erase(alice.user)
    assert LogEntry.objects.get().object_repr == "key of an erased account"


def test_the_history_keeps_an_address_that_only_ends_alike(alice, bob):
    line = history_line(bob.user, bob.user, "Told mary.alice@example.com and alice@example.com.au.")
    erasure.erase(alice.user)
    line.refresh_from_db()
    assert line.change_message == "Told mary.alice@example.com and alice@example.com.au."
