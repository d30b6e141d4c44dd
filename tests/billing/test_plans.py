"""Subscriptions with included credits, and what the account endpoints tell of a plan."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts import keys
from billing import credits, events, plans, sales
from billing.audit import discrepancies
from billing.gateway import Returns
from billing.models import (
    LedgerEntry,
    Plan,
    Purchase,
    StripeCustomer,
    StripeEvent,
    Subscription,
)
from tests.billing import told
from tests.billing.conftest import new_purchase
from tests.billing.shop import session_of
from tests.racing import at_once
from tests.stripe_server.errors import Refused


@pytest.fixture
def studio(monthly, stripe_client) -> Plan:
    """The plan with included credits, at a price that Stripe has."""
    price = stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 2_000,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Studio"},
        }
    )
    monthly.stripe_price = price.id
    monthly.save()
    return monthly


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


@pytest.fixture
def in_debt(tell, wanted, poor) -> None:
    """Two hundred credits, bought, spent and refunded."""
    tell(told.completed(wanted))
    credits.reserve(poor, 100_000, job=held_job(1))
    tell(told.refunded(wanted, 1_000))


@pytest.fixture
def bring_month(tell, customer, monthly):
    """The invoice of a month."""
    numbers = iter(range(100))
    return lambda: tell(told.invoice_paid(customer, monthly.stripe_price, f"in_{next(numbers)}"))


def test_included_credits_that_paid_a_debt_expire_no_more(in_debt, bring_month, tell, poor, pack):
    bring_month()
    tell(told.completed(new_purchase(poor, pack)))
    bring_month()
    assert credits.balance(poor) == 100_000 + 20_000


def test_included_credits_that_a_refund_took_expire_no_more(bring_month, tell, wanted, poor, pack):
    tell(told.completed(wanted))
    credits.reserve(poor, 100_000, job=held_job(1))
    bring_month()
    tell(told.refunded(wanted), told.completed(new_purchase(poor, pack)))
    bring_month()
    assert credits.balance(poor) == 20_000 + 20_000


def test_what_a_picture_of_the_month_before_gives_back_does_not_expire(bring_month, poor):
    credits.grant(poor, 10_000, reason="bought")
    credits.reserve(poor, 9_000, job=held_job(1))
    bring_month()
    credits.release(held_job(1))
    bring_month()
    assert credits.balance(poor) == 10_000 + 5_000 + 20_000


def test_what_another_account_uses_is_no_use_of_the_plan(bring_month, rich, poor):
    bring_month()
    credits.reserve(rich, 10_000, job=held_job(1))
    bring_month()
    assert credits.balance(poor) == 5_000 + 20_000


def test_a_plan_that_ends_on_a_day_of_its_own_is_known_to_end(tell, poor, customer, monthly):
    tell(told.subscription(customer, monthly.stripe_price, cancel_at=1_801_000_000))
    plan = plans.held(poor)
    assert plan and plan.ends_with_period


def test_what_a_lost_dispute_took_of_a_month_does_not_expire_again(bring_month, tell, poor):
    bring_month()
    credits.grant(poor, 30_000, reason="a present")
    tell(told.invoice_payment("in_0", "pi_1"))
    told_of = {"id": "dp_1", "payment_intent": "pi_1", "amount": 2_000, "status": "lost"}
    tell(told.event("charge.dispute.closed", told_of))
    bring_month()
    assert credits.balance(poor) == 30_000 + 20_000


#: Hundredths used of the first month, what of its 20 dollars goes back, what is left in the second.
RETURNS_OF_A_MONTH = [
    (0, 2_000, 20_000),
    (0, 1_000, 25_000),
    (10_000, 2_000, 10_000),
    (10_000, 1_000, 20_000),
    (18_000, 2_000, 2_000),
    (20_000, 500, 15_000),
]


@pytest.mark.parametrize("what", ["refund", "dispute"])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("used", "amount", "left"), RETURNS_OF_A_MONTH)
def test_what_expired_with_its_month_is_not_taken_for_its_refund_again(
    bring_month, tell, poor, used, amount, left, is_first, what
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    if used:
        credits.reserve(poor, used, job=held_job(1))
    steps = [lambda: tell(of_month(what, amount)), bring_month]
    for step in steps if is_first else reversed(steps):
        step()
    assert credits.balance(poor) - credits.debt(poor) == left


def of_month(what: str, amount: int):
    """Of the payment of the first month."""
    if what == "refund":
        return told.event("charge.refunded", {"payment_intent": "pi_1", "amount_refunded": amount})
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": amount, "status": "lost"}
    return told.event("charge.dispute.closed", fields)


def test_refunds_before_and_after_its_credits_expired_are_one(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), of_month("refund", 500))
    bring_month()
    between = credits.balance(poor)
    tell(of_month("refund", 2_000))
    assert (between, credits.balance(poor)) == (25_000, 20_000)


#: When the first of three months, of which nothing is used, is refunded in part or whole.
@pytest.mark.parametrize("months_before", [1, 2, 3, 4])
@pytest.mark.parametrize("amount", [500, 1_000, 1_500, 2_000])
def test_what_rolled_over_and_expired_later_is_not_taken_for_its_refund_either(
    bring_month, tell, poor, months_before, amount
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    for _ in range(months_before - 1):
        bring_month()
    tell(of_month("refund", amount))
    for _ in range(4 - months_before):
        bring_month()
    # Less only where it is refunded while its credits are there.
    assert credits.balance(poor) == 25_000


def test_what_rolled_over_and_was_used_is_taken_for_its_refund(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    credits.reserve(poor, 25_000, job=held_job(1))
    bring_month()
    tell(of_month("refund", 2_000))
    assert credits.balance(poor) == 15_000


@pytest.mark.parametrize("amounts", [[2_000], [1_000, 2_000], [500, 1_000, 1_500, 2_000]])
def test_what_expired_later_counts_once_however_often_its_month_is_refunded(
    bring_month, tell, poor, amounts
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    credits.reserve(poor, 10_000, job=held_job(1))
    bring_month()
    bring_month()
    for amount in amounts:
        tell(of_month("refund", amount))
    # The hundred that were used; of the others half expired at once and half with the next month.
    assert credits.balance(poor) == 25_000 - 10_000


def test_what_expired_counts_once_for_refunds_of_two_months(bring_month, tell, poor):
    for _ in range(3):
        bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), told.invoice_payment("in_1", "pi_2"))
    for intent in ("pi_1", "pi_2"):
        whole = {"payment_intent": intent, "amount_refunded": 2_000}
        tell(told.event("charge.refunded", whole))
    # Of four hundred, three hundred and fifty had expired.
    assert credits.balance(poor) == 25_000 - 5_000


def test_what_rolled_over_expires_for_its_refund_also_where_the_plan_lets_none_over_any_more(
    bring_month, tell, poor, monthly
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    Plan.objects.update(rollover_cap=0)
    bring_month()
    tell(of_month("refund", 2_000))
    assert credits.balance(poor) == 20_000


def test_a_dispute_of_a_month_long_gone_that_is_won_moves_nothing(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    bring_month()
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": 2_000, "status": "needs_response"}
    tell(told.event("charge.dispute.created", fields))
    during = credits.balance(poor)
    tell(told.event("charge.dispute.closed", fields | {"status": "won"}))
    assert (during, credits.balance(poor)) == (25_000, 25_000)


def test_a_dispute_of_an_earlier_month_that_is_won_gives_back_what_it_took(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": 2_000, "status": "needs_response"}
    tell(told.event("charge.dispute.created", fields))
    during = credits.balance(poor)
    tell(told.event("charge.dispute.closed", fields | {"status": "won"}))
    assert (during, credits.balance(poor)) == (20_000, 25_000)


@pytest.mark.parametrize("is_won_first", [True, False])
@pytest.mark.parametrize("disputed", [1_000, 2_000])
def test_a_dispute_that_was_won_changes_nothing_of_another_months_refund(
    bring_month, tell, poor, is_won_first, disputed
):
    for _ in range(3):
        bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), told.invoice_payment("in_1", "pi_2"))
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": disputed}
    tell(told.event("charge.dispute.created", fields | {"status": "needs_response"}))
    won = told.event("charge.dispute.closed", fields | {"status": "won"})
    refunded = told.event("charge.refunded", {"payment_intent": "pi_2", "amount_refunded": 2_000})
    tell(*((won, refunded) if is_won_first else (refunded, won)))
    # Two hundred had expired with the second month, as many as its refund comes to.
    assert (credits.balance(poor), discrepancies()) == (25_000, [])


def test_a_refund_that_partly_failed_keeps_what_expired_for_the_rest(bring_month, tell, poor):
    for _ in range(3):
        bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), told.invoice_payment("in_1", "pi_2"))
    refunds = [
        {"id": f"re_{amount}", "payment_intent": "pi_1", "amount": amount}
        for amount in (1_800, 100)
    ]
    tell(*(told.event("refund.created", fields | {"status": "succeeded"}) for fields in refunds))
    tell(told.event("refund.failed", refunds[1] | {"status": "failed"}))
    tell(told.event("charge.refunded", {"payment_intent": "pi_2", "amount_refunded": 2_000}))
    # Of a hundred and eighty, a hundred and fifty expired with the first month and thirty with the next.
    assert (credits.balance(poor), discrepancies()) == (22_000, [])


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


def test_a_second_plan_is_not_sold_beside_the_first(shop, studio):
    shop.subscribe(studio)
    shop.bring()
    response = shop.client.post(f"/account/billing/plan/{studio.pk}/", follow=True)
    assert "There is a plan already" in response.content.decode()


@pytest.mark.parametrize("state", ["unpaid", "paused"])
def test_no_other_plan_is_sold_beside_one_that_may_go_on(shop, studio, large, state):
    shop.subscribe(studio)
    shop.bring()
    Subscription.objects.update(status=state)
    shop.client.post(f"/account/billing/plan/{large.pk}/")
    html = shop.page()
    assert "There is a plan already" in html and f"Your plan is Studio, {state}." in html


def test_after_the_end_of_a_plan_another_is_sold(shop, studio, large, stripe_server):
    stripe_server.end_subscription(shop.subscribe(studio))
    shop.bring()
    shop.subscribe(large)
    shop.bring()
    assert plans.standing(shop.user).plan == "Large"


def test_a_double_click_opens_one_checkout(shop, studio):
    assert shop.go(f"plan/{studio.pk}/") == shop.go(f"plan/{studio.pk}/")


@pytest.fixture
def large(monthly, stripe_client) -> Plan:
    price = stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 9_000,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Large"},
        }
    )
    return Plan.objects.create(
        name="Large", kind="subscription", stripe_price=price.id, included_credits=90_000
    )


def test_pages_of_two_plans_open_at_once_are_not_both_paid(shop, studio, large):
    pages = [session_of(shop.go(f"plan/{plan.pk}/")) for plan in (studio, large)]
    shop.pay(pages[1])
    with pytest.raises(Refused, match="expired"):
        shop.pay(pages[0])


@pytest.mark.django_db(transaction=True)
def test_pages_of_two_plans_opened_at_the_same_moment_are_not_both_open(
    shop, studio, large, stripe_server
):
    returns = Returns(done="https://maskr.example/done", cancelled="https://maskr.example/")
    stripe_server.fail("delay", path="/v1/checkout/sessions", method="POST", seconds=0.3, times=2)
    at_once(lambda plan: sales.subscribe(shop.user, plan, returns), [studio, large])
    states = [page["status"] for page in stripe_server.find("checkout.session")]
    assert sorted(states) == ["expired", "open"]


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment_opens_one_checkout(shop, studio):
    returns = Returns(done="https://maskr.example/done", cancelled="https://maskr.example/")
    pages = at_once(lambda _: sales.subscribe(shop.user, studio, returns), range(3))
    assert len({page.id for page in pages}) == 1


def test_a_page_that_could_not_be_opened_keeps_nobody_from_the_next(shop, studio, stripe_server):
    stripe_server.fail("error", path="/v1/checkout/sessions", status=400)
    shop.client.post(f"/account/billing/plan/{studio.pk}/")
    shop.subscribe(studio)
    shop.bring()
    assert plans.standing(shop.user).plan == "Studio"


def test_a_request_that_died_over_a_page_keeps_nobody_for_good(shop, studio):
    shop.go("portal/")
    StripeCustomer.objects.update(page_opening_until=timezone.now() - timedelta(seconds=1))
    shop.go(f"plan/{studio.pk}/")


def test_while_a_page_is_being_opened_the_next_is_refused_with_what_to_do(
    shop, studio, monkeypatch
):
    monkeypatch.setattr(sales, "_PATIENCE_S", 0.0)
    shop.go("portal/")
    StripeCustomer.objects.update(page_opening_until=timezone.now() + timedelta(seconds=60))
    answer = shop.client.post(f"/account/billing/plan/{studio.pk}/", follow=True)
    assert "Try again soon." in answer.content.decode()


def test_no_second_plan_is_sold_while_the_first_is_paid_and_not_yet_told(shop, studio, large):
    shop.subscribe(studio)
    answer = shop.client.post(f"/account/billing/plan/{large.pk}/", follow=True)
    assert "There is a plan already." in answer.content.decode()


def test_who_comes_back_to_the_first_plan_can_pay_it(shop, studio, large):
    for plan in (studio, large):
        shop.go(f"plan/{plan.pk}/")
    shop.subscribe(studio)
    shop.bring()
    assert plans.standing(shop.user).plan == "Studio"


def test_the_page_of_a_pack_stays_open_beside_that_of_a_plan(shop, studio, pack):
    page = session_of(shop.go(f"buy/{pack.pk}/"))
    shop.subscribe(studio)
    shop.pay(page)
    shop.bring()
    assert shop.balance == 100_000 + 20_000


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


def held_job(number: int) -> UUID:
    return UUID(int=number)
