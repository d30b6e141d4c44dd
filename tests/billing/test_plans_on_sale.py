"""Which plan is sold to whom: never two at once, however the payment pages come to be open."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import plans, sales
from billing.gateway import Returns
from billing.models import (
    Plan,
    StripeCustomer,
    Subscription,
)
from tests.billing.shop import session_of
from tests.racing import at_once
from tests.stripe_server.errors import Refused


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
