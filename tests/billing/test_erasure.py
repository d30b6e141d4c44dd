"""Who goes owes nothing more, and the books stay right."""

import json

import pytest

from accounts import erasure
from billing.models import AutoTopUp, LedgerEntry, Purchase, StripeEvent, TopUpAttempt
from tests.billing.conftest import new_purchase
from tests.billing.test_plans import studio  # noqa: F401  # a plan that Stripe knows


def test_a_running_plan_ends_at_stripe_first(shop, studio, stripe_server, poor):  # noqa: F811
    held = shop.subscribe(studio)
    shop.bring()
    erasure.erase(poor)
    [subscription] = stripe_server.find("subscription")
    assert (subscription["id"], subscription["status"]) == (held, "canceled")


def test_a_plan_that_stripe_ended_already_is_no_obstacle(shop, studio, stripe_client, poor):  # noqa: F811
    held = shop.subscribe(studio)
    shop.bring()
    stripe_client.v1.subscriptions.cancel(held)  # its event is still on the way
    erasure.erase(poor)
    poor.refresh_from_db()
    assert poor.erased_at


def test_while_stripe_does_not_answer_nothing_is_erased(shop, studio, settings, poor):  # noqa: F811
    shop.subscribe(studio)
    shop.bring()
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(erasure.CannotErase, match="Nothing was deleted"):
        erasure.erase(poor)
    assert (shop.balance, poor.is_active) == (20_000, True)


def test_a_plan_that_cannot_be_ended_here_is_an_obstacle(shop, studio, settings, poor):  # noqa: F811
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


def test_no_card_is_charged_afterwards(shop, pack, poor):
    purchase = new_purchase(poor, pack, "top_up")
    AutoTopUp.objects.create(account=purchase.account, threshold=1, pack=pack, is_enabled=True)
    TopUpAttempt.objects.create(account=purchase.account, purchase=purchase)
    erasure.erase(poor)
    assert shop.run_errands()["charged"] == 0 and not AutoTopUp.objects.exists()


def test_what_people_wrote_about_the_person_is_gone(rich, poor, right_books):
    from billing import credits

    credits.grant(poor, 100, reason="for Jane Doe's trouble", actor=rich)
    erasure.erase(poor)
    assert not LedgerEntry.objects.filter(reason__contains="Jane").exists()
