"""Subscriptions with included credits, and what the account endpoints tell of a plan."""

import pytest

from accounts import keys
from billing import credits, events, plans
from billing.models import (
    LedgerEntry,
    Plan,
    Purchase,
    StripeCustomer,
    StripeEvent,
)
from tests.billing import told
from tests.billing.conftest import held_job


def test_the_first_invoice_brings_the_included_credits(shop, studio):
    shop.subscribe(studio)
    shop.bring()
    assert shop.balance == 20_000


def test_each_month_brings_them_again(shop, studio, stripe_server):
    held = shop.subscribe(studio)
    shop.bring()
    credits.reserve(shop.user, 20_000, job=held_job(1))
    stripe_server.advance(held)
    shop.bring()
    assert shop.balance == 20_000


def test_unused_credits_roll_over_up_to_the_cap(shop, studio, stripe_server):
    held = shop.subscribe(studio)
    shop.bring()
    stripe_server.advance(held)
    shop.bring()
    assert shop.balance == 25_000


def test_fewer_than_the_cap_roll_over_whole(shop, studio, stripe_server):
    held = shop.subscribe(studio)
    shop.bring()
    credits.reserve(shop.user, 17_000, job=held_job(1))
    stripe_server.advance(held)
    shop.bring()
    assert shop.balance == 23_000


def test_without_a_cap_everything_rolls_over(shop, studio, stripe_server):
    Plan.objects.update(rollover_cap=None)
    held = shop.subscribe(studio)
    shop.bring()
    stripe_server.advance(held)
    shop.bring()
    assert shop.balance == 40_000


def test_bought_credits_never_expire_with_a_month(shop, studio, pack, stripe_server):
    shop.buy(pack)
    held = shop.subscribe(studio)
    shop.bring()
    credits.reserve(shop.user, 19_000, job=held_job(1))
    stripe_server.advance(held)
    shop.bring()
    assert shop.balance == 100_000 + 1_000 + 20_000


def test_a_plan_that_ends_on_a_day_of_its_own_is_known_to_end(tell, poor, customer, monthly):
    tell(told.subscription(customer, monthly.stripe_price, cancel_at=1_801_000_000))
    plan = plans.held(poor)
    assert plan and plan.ends_with_period


def test_what_expires_shows_as_an_entry(shop, studio, stripe_server):
    held = shop.subscribe(studio)
    shop.bring()
    stripe_server.advance(held)
    shop.bring()
    assert LedgerEntry.objects.get(kind="expiry").amount == -15_000


def test_a_refunded_month_takes_its_credits_back(shop, studio, stripe_server):
    shop.subscribe(studio)
    (intent,) = stripe_server.find("payment_intent")
    stripe_server.refund(intent["id"])
    shop.bring()
    assert shop.balance == 0


def test_the_invoice_of_a_month_is_linked(shop, studio):
    shop.subscribe(studio)
    shop.bring()
    assert Purchase.objects.get().invoice_url in shop.page()


def test_a_declined_month_brings_nothing(shop, studio, stripe_server):
    held = shop.subscribe(studio)
    shop.bring()
    credits.reserve(shop.user, 20_000, job=held_job(1))
    stripe_server.decline_next()
    stripe_server.advance(held)
    shop.bring()
    assert (shop.balance, plans.standing(shop.user).subscription_status) == (0, "past_due")


def test_an_invoice_of_an_unknown_price_brings_nothing(tell, poor, customer, monthly):
    tell(told.invoice_paid(customer, "price_other"))
    assert credits.balance(poor) == 0


def test_an_invoice_of_an_unknown_customer_brings_nothing(tell, poor, customer, monthly):
    tell(told.invoice_paid("cus_other", monthly.stripe_price))
    assert not Purchase.objects.exists()


def test_a_change_of_plan_in_mid_month_brings_nothing(tell, poor, customer, monthly):
    tell(told.invoice_paid(customer, monthly.stripe_price, billing_reason="subscription_update"))
    assert credits.balance(poor) == 0


def test_a_month_that_older_prorations_pay_for_brings_its_credits(tell, poor, customer, monthly):
    tell(told.invoice_paid(customer, monthly.stripe_price, subtotal=-2_000, amount_paid=0))
    assert credits.balance(poor) == 20_000


def test_a_plan_made_after_its_subscription_is_known_by_another_run(tell, poor, customer, monthly):
    Plan.objects.update(stripe_price="price_of_before")
    tell(told.subscription(customer, "price_studio"))
    Plan.objects.update(stripe_price="price_studio")
    events.process(StripeEvent.objects.get().pk, again=True)
    assert plans.standing(poor).plan == "Studio"


def test_an_invoice_told_twice_brings_one_month(tell, poor, customer, monthly):
    tell(*[told.invoice_paid(customer, monthly.stripe_price) for _ in range(2)])
    assert credits.balance(poor) == 20_000


class TestAccount:
    """`GET /v2/account`."""

    @pytest.fixture
    def account(self, poor, client):
        _, plaintext = keys.create(poor, "tests")
        path, headers = "/v2/account", {"x-api-key": plaintext}
        return lambda: client.get(path, headers=headers).json()["account"]

    def told(self, account) -> tuple[str, str, str]:
        return account["plan"], account["subscription_status"], account["billing_model"]

    def test_without_a_plan_is_prepaid(self, account):
        assert self.told(account()) == ("Prepaid", "none", "prepaid")

    def test_with_a_subscription(self, account, tell, customer, monthly):
        tell(told.subscription(customer, monthly.stripe_price))
        assert self.told(account()) == ("Studio", "active", "subscription_monthly")

    def test_with_a_metered_plan(self, account, tell, customer, metered):
        tell(told.subscription(customer, metered.stripe_price))
        assert self.told(account()) == ("Business", "active", "metered_monthly")

    def test_with_a_metered_plan_that_is_not_paid_for(self, account, tell, customer, metered):
        tell(told.subscription(customer, metered.stripe_price, "past_due"))
        assert self.told(account()) == ("Business", "past_due", "prepaid")

    def test_after_the_end_of_a_plan(self, account, tell, customer, monthly):
        tell(
            told.subscription(customer, monthly.stripe_price),
            told.subscription(customer, monthly.stripe_price, "canceled"),
        )
        assert self.told(account()) == ("Prepaid", "canceled", "prepaid")

    def test_of_somebody_elses_plan_nothing_is_told(self, account, tell, rich, monthly):
        StripeCustomer.objects.create(user=rich, customer="cus_rich")
        tell(told.subscription("cus_rich", monthly.stripe_price))
        assert self.told(account()) == ("Prepaid", "none", "prepaid")

    def test_counts_in_images(self, account):
        assert account()["usage_unit"] == "image"
