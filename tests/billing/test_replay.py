"""A database from before the sale: Stripe's events bring back what was sold since, and nothing else."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from billing import credits, effects, replay
from billing.gateway import gateway
from billing.models import (
    CreditAccount,
    LedgerEntry,
    Payment,
    Purchase,
    Refund,
    StripeCustomer,
    StripeEvent,
    Subscription,
)
from tests.billing import told
from tests.billing.shop import Shop

SINCE = timezone.now() - timedelta(days=1)


def deliver(shop: Shop, event: dict[str, Any]) -> None:
    body = json.dumps(event).encode()
    header = told.signature(body, secret=shop.server.webhook_secret)
    assert told.deliver(shop.client, event, body=body, header=header).status_code == 200


def restore_an_older_backup() -> None:
    """From before the first purchase; the account was there already."""
    after = (StripeEvent, LedgerEntry, Refund, Payment, Purchase, CreditAccount)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A restore passes by the guards of the ledger, too.
            cursor.execute("SET LOCAL session_replication_role = replica")
        for rows in (*after, Subscription, StripeCustomer):
            rows.objects.all()._raw_delete("default")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def restored(shop, pack) -> Shop:
    shop.buy(pack)
    shop.bring()
    restore_an_older_backup()
    return shop


def test_a_pack_that_was_bought_after_the_backup_is_there_again(restored, pack):
    replay.run(SINCE)
    assert (restored.balance, Purchase.objects.get().pack) == (100_000, pack)


def test_fetching_twice_grants_once(restored):
    replay.run(SINCE)
    replay.run(SINCE)
    assert restored.balance == 100_000


def test_an_event_that_was_delivered_before_it_was_fetched_counts_all_the_same(restored):
    sent = gateway().events_since(SINCE)
    for event in [event for event in sent if event["type"] == "checkout.session.completed"]:
        deliver(restored, event)
    assert restored.balance == 0
    replay.run(SINCE)
    assert restored.balance == 100_000


def test_a_refund_after_the_backup_is_taken_back_again(shop, pack, stripe_client):
    intent = shop.buy(pack)
    stripe_client.v1.refunds.create({"payment_intent": intent, "amount": 1_000})
    shop.bring()
    restore_an_older_backup()
    replay.run(SINCE)
    assert shop.balance == 80_000


def test_who_got_the_number_of_another_account_gets_nothing_of_theirs(restored):
    User.objects.filter(pk=restored.user.pk).update(email="another@example.com")
    replay.run(SINCE)
    assert restored.balance == 0


def test_a_month_of_a_plan_that_began_after_the_backup_is_there_again(shop, studio):
    shop.subscribe(studio)
    shop.bring()
    restore_an_older_backup()
    replay.run(SINCE)
    assert shop.balance == 20_000


def test_a_top_up_after_the_backup_is_there_again(poor, customer, wanted, right_books):
    event = told.succeeded(wanted, customer=customer, created=1_800_000_000)
    event["data"]["object"]["metadata"] |= {"credits": "100000", "kind": "top_up"}
    wanted.delete()
    effects.apply(event, restores=True)
    assert (credits.balance(poor), Purchase.objects.get().kind) == (100_000, "top_up")


def test_what_is_delivered_makes_no_purchase_anew(shop, wanted):
    event = told.completed(wanted, customer="cus_1", created=1_800_000_000)
    event["data"]["object"]["metadata"] |= {"credits": "100000", "kind": "pack"}
    StripeCustomer.objects.create(user=shop.user, customer="cus_1")
    wanted.delete()
    deliver(shop, event)
    assert (StripeEvent.objects.get().state, credits.balance(shop.user)) == ("ignored", 0)


def test_the_command_names_payments_that_bring_no_credits(restored):
    User.objects.filter(pk=restored.user.pk).update(email="another@example.com")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("fetch_stripe_events", SINCE.isoformat(), stdout=out)
    paid = StripeEvent.objects.get(type="checkout.session.completed")
    assert f"{paid.pk}: see Stripe events in the admin\n" in out.getvalue()


def test_the_command_counts(restored):
    out = io.StringIO()
    call_command("fetch_stripe_events", SINCE.isoformat(), stdout=out)
    assert out.getvalue().endswith(" processed now, 0 in trouble\n")


def test_what_is_no_moment_is_refused(db):
    with pytest.raises(CommandError, match="is no moment"):
        call_command("fetch_stripe_events", "yesterday")


def test_without_payments_the_command_says_so(db, settings):
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="not configured"):
        call_command("fetch_stripe_events", SINCE.isoformat())
