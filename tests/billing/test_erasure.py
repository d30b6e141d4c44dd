"""Who goes owes nothing more, and the books stay right."""

import importlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.utils import timezone

from accounts import erasure
from accounts.models import User
from billing import credits, sales, top_ups
from billing.gateway import gateway
from billing.models import AutoTopUp, LedgerEntry, Purchase, StripeEvent, TopUpAttempt
from tests.billing import told
from tests.billing.conftest import new_purchase
from tests.billing.shop import session_of
from tests.stripe_server.errors import Refused


def test_a_running_plan_ends_at_stripe_first(shop, studio, stripe_server, poor):
    held = shop.subscribe(studio)
    shop.bring()
    erasure.erase(poor)
    [subscription] = stripe_server.find("subscription")
    assert (subscription["id"], subscription["status"]) == (held, "canceled")


def test_a_plan_that_stripe_ended_already_is_no_obstacle(shop, studio, stripe_client, poor):
    held = shop.subscribe(studio)
    shop.bring()
    stripe_client.v1.subscriptions.cancel(held)  # its event is still on the way
    erasure.erase(poor)
    poor.refresh_from_db()
    assert poor.erased_at


def test_while_stripe_does_not_answer_nothing_is_erased(shop, studio, settings, poor):
    shop.subscribe(studio)
    shop.bring()
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(erasure.CannotErase, match="Nothing was deleted"):
        erasure.erase(poor)
    assert (shop.balance, poor.is_active) == (20_000, True)


def test_a_plan_that_cannot_be_ended_here_is_an_obstacle(shop, studio, settings, poor):
    shop.subscribe(studio)
    shop.bring()
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(erasure.CannotErase, match="not configured"):
        erasure.erase(poor)


def test_bought_credits_are_forfeited_and_the_purchase_stays(shop, pack, poor):
    shop.buy(pack)
    shop.bring()
    erasure.erase(poor)
    assert (shop.balance, Purchase.objects.get().status) == (0, "paid")


def test_a_refund_after_the_erasure_is_taken_for_what_it_is(shop, pack, poor, stripe_client):
    intent = shop.buy(pack)
    shop.bring()
    erasure.erase(poor)
    stripe_client.v1.refunds.create({"payment_intent": intent})
    shop.bring()
    assert Purchase.objects.get().status == "refunded"


def test_the_events_of_stripe_name_nobody_afterwards(shop, pack, poor):
    shop.buy(pack)
    shop.bring()
    before = json.dumps(list(StripeEvent.objects.values_list("payload", flat=True)))
    erasure.erase(poor)
    after = json.dumps(list(StripeEvent.objects.values_list("payload", flat=True)))
    assert poor.email == f"erased-{poor.pk}@erased.invalid"
    assert ("poor@example.com" in before, "poor@example.com" in after) == (True, False)


@pytest.fixture
def top_up(poor, pack) -> TopUpAttempt:
    purchase = new_purchase(poor, pack, "top_up")
    AutoTopUp.objects.create(account=purchase.account, threshold=1, pack=pack, is_enabled=True)
    attempt = TopUpAttempt(account=purchase.account, purchase=purchase)
    attempt.held_until = timezone.now() - timedelta(seconds=1)
    attempt.save()
    return attempt


def exported(user: User) -> dict[str, list[dict[str, Any]]]:
    return {name: list(rows) for name, rows in erasure.export(user)}


def test_an_export_holds_the_wish_for_automatic_top_ups(poor, pack, top_up):
    [wish] = exported(poor)["automatic_top_ups"]
    assert (wish["is_enabled"], wish["below"], wish["pack"]) == (True, "0.01", pack.name)


def test_an_export_holds_what_was_charged_automatically_or_was_not(poor, top_up):
    top_ups.fail(top_up.purchase, "The card was declined.")
    held = exported(poor)
    [attempt], [purchase] = held["top_up_attempts"], held["purchases"]
    assert (attempt["error"], attempt["purchase"]) == ("The card was declined.", purchase["id"])


@pytest.mark.parametrize("state", ["pending", "charging"])
def test_no_card_is_charged_afterwards(shop, poor, top_up, state):
    TopUpAttempt.objects.update(state=state)
    erasure.erase(poor)
    assert shop.run_errands()["charged"] == 0 and not AutoTopUp.objects.exists()


def test_no_card_is_charged_from_the_moment_that_the_erasure_was_asked_for(shop, poor, top_up):
    User.objects.update(erasure_asked_at=timezone.now())
    assert shop.run_errands()["charged"] == 0


def test_a_charge_that_succeeded_all_the_same_is_booked_and_mailed_to_nobody(
    shop, poor, top_up, tell
):
    TopUpAttempt.objects.update(state="charging")
    erasure.erase(poor)
    tell(told.succeeded(top_up.purchase))
    shop.run_errands()
    assert (Purchase.objects.get().status, mail.outbox) == ("paid", [])


def test_what_stripe_tells_after_the_erasure_names_nobody(tell, poor, customer, monthly):
    erasure.erase(poor)
    address = {"line1": "Jane's House 1"}
    tell(told.invoice_paid(customer, monthly.stripe_price, customer_address=address))
    assert "Jane" not in json.dumps(StripeEvent.objects.get().payload)


def test_what_stripe_tells_of_an_erased_customer_names_nobody(tell, poor, customer):
    erasure.erase(poor)
    tell(told.event("customer.updated", {"id": customer, "email": "jane@example.com"}))
    assert "jane" not in json.dumps(StripeEvent.objects.get().payload)


@pytest.mark.parametrize("is_erased_first", [True, False])
def test_the_evidence_of_a_dispute_names_nobody(tell, poor, wanted, is_erased_first):
    dispute = told.dispute(wanted)
    dispute["data"]["object"]["evidence"] = {"customer_email_address": "jane@example.com"}
    tell(told.completed(wanted))
    steps = [lambda: erasure.erase(poor), lambda: tell(dispute)]
    for step in steps if is_erased_first else reversed(steps):
        step()
    told_last = StripeEvent.objects.get(type="charge.dispute.created")
    assert "jane" not in json.dumps(told_last.payload)


def test_what_stripe_tells_of_others_is_kept_as_it_came(tell, poor, rich, customer, monthly):
    erasure.erase(rich)
    tell(told.invoice_paid(customer, monthly.stripe_price, customer_email=poor.email))
    assert StripeEvent.objects.get().payload["data"]["object"]["customer_email"] == poor.email


def test_what_stripe_told_of_others_before_stays(tell, poor, rich, wanted):
    tell(told.completed(wanted, customer_email=poor.email))
    erasure.erase(rich)
    assert StripeEvent.objects.get().payload["data"]["object"]["customer_email"] == poor.email


def test_a_plan_of_anybody_elses_runs_on(shop, studio, stripe_server, rich):
    shop.subscribe(studio)
    shop.bring()
    sales.customer_of(rich, gateway())
    erasure.erase(rich)
    [subscription] = stripe_server.find("subscription")
    assert subscription["status"] == "active"


def test_top_ups_of_anybody_elses_go_on(rich, top_up):
    erasure.erase(rich)
    assert (AutoTopUp.objects.count(), TopUpAttempt.objects.get().state) == (1, "pending")


def test_what_people_wrote_about_others_stays(rich, poor):
    credits.grant(poor, 100, reason="for her trouble", actor=poor)
    erasure.erase(rich)
    assert LedgerEntry.objects.filter(reason="for her trouble").exists()


def test_what_people_wrote_about_the_person_is_gone(rich, poor, right_books):
    credits.grant(poor, 100, reason="for Jane Doe's trouble", actor=rich)
    erasure.erase(poor)
    assert not LedgerEntry.objects.filter(reason__contains="Jane").exists()


def test_a_plan_cannot_be_paid_afterwards_on_a_page_that_was_open(shop, studio, poor):
    page = session_of(shop.go(f"plan/{studio.pk}/"))
    erasure.erase(poor)
    with pytest.raises(Refused, match="expired"):
        shop.pay(page)


def test_a_pack_cannot_be_paid_afterwards_on_a_page_that_was_open(shop, pack, poor):
    page = session_of(shop.go(f"buy/{pack.pk}/"))
    erasure.erase(poor)
    with pytest.raises(Refused, match="expired"):
        shop.pay(page)


def test_a_plan_that_stripe_has_not_told_of_yet_ends_as_well(shop, studio, poor, stripe_server):
    shop.subscribe(studio)
    erasure.erase(poor)
    assert stripe_server.find("subscription")[0]["status"] == "canceled"


def test_pages_that_cannot_be_closed_now_are_an_obstacle(shop, pack, settings, poor):
    shop.go(f"buy/{pack.pk}/")
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(erasure.CannotErase, match="Nothing was deleted"):
        erasure.erase(poor)


def test_a_customer_whom_stripe_does_not_know_is_no_obstacle(shop, customer, poor):
    erasure.erase(poor)
    poor.refresh_from_db()
    assert poor.erased_at


def events_of_stripe() -> str:
    return json.dumps(list(StripeEvent.objects.values_list("payload", flat=True)))


def documents():
    return list(Purchase.objects.values_list("invoice_url", "receipt_url"))


def test_the_links_to_invoices_and_receipts_are_forgotten(shop, pack, poor):
    shop.buy(pack)
    shop.bring()
    before = documents()
    erasure.erase(poor)
    assert (before != [("", "")], documents()) == (True, [("", "")])


def test_the_events_of_stripe_lead_to_no_invoice_or_receipt_afterwards(shop, pack, poor):
    shop.buy(pack)
    shop.bring()
    before = events_of_stripe()
    erasure.erase(poor)
    after = events_of_stripe()
    for address in ("/receipts/", "/i/in_"):
        assert (address in before, address in after) == (True, False)


def test_a_receipt_that_is_told_of_after_the_erasure_is_not_kept(shop, pack, poor, stripe_client):
    intent = shop.buy(pack)
    shop.bring()
    erasure.erase(poor)
    stripe_client.v1.refunds.create({"payment_intent": intent})
    shop.bring()
    assert (Purchase.objects.get().status, documents()) == ("refunded", [("", "")])


def test_links_of_accounts_that_were_erased_before_are_forgotten(poor, pack):
    purchase = new_purchase(poor, pack)
    erasure.erase(poor)
    Purchase.objects.filter(pk=purchase.pk).update(invoice_url="https://invoices.example/1")
    migration = importlib.import_module("billing.migrations.0015_forget_documents")
    migration.forget(apps, None)
    assert documents() == [("", "")]
