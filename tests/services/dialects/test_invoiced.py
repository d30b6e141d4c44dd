"""Accounts whose pictures go on an invoice: clients that refuse to go on at 0 credits can go on."""

import pytest
from rest_framework.test import APIClient

from accounts import keys
from billing import credits
from billing.models import Plan, Subscription
from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
UNLIMITED = 1_000_000


@pytest.fixture
def subscription(bob) -> Subscription:
    """Bob's, who has no credits."""
    plan = Plan.objects.create(
        name="Business", kind="metered", stripe_price="price_1", meter_event_name="images"
    )
    return Subscription.objects.create(id="sub_1", user=bob.user, plan=plan, status="active")


@pytest.fixture
def invoiced(subscription, bob):
    return bob


def told_by_removebg(customer) -> dict[str, float]:
    told: dict[str, float] = customer.api.get("/v1.0/account").json()["data"]["attributes"][
        "credits"
    ]
    return told


def test_removebg_has_it_with_its_enterprise_credits(invoiced):
    expected = {"total": UNLIMITED, "subscription": 0, "payg": 0, "enterprise": UNLIMITED}
    assert told_by_removebg(invoiced) == expected


def test_credits_that_are_left_stand_beside_it(invoiced):
    credits.grant(invoiced.user, 1_250, reason="welcome")
    expected = {"total": UNLIMITED + 12.5, "subscription": 0, "payg": 12.5, "enterprise": UNLIMITED}
    assert told_by_removebg(invoiced) == expected


def test_an_overdue_invoice_ends_it(invoiced, subscription):
    Subscription.objects.update(status="past_due")
    assert told_by_removebg(invoiced)["total"] == 0


def test_a_key_with_a_limit_tells_what_is_left_of_that(invoiced):
    _, plaintext = keys.create(invoiced.user, "capped", monthly_credit_cap_hundredths=1_000)
    capped = APIClient(headers={"X-Api-Key": plaintext})
    send(capped, VENDORS["picsart"])
    assert capped.get("/tools/1.0/balance").json() == {"credits": 9}


def test_picsart_tells_it_in_the_balance(invoiced):
    assert invoiced.api.get("/tools/1.0/balance").json() == {"credits": UNLIMITED}


@pytest.mark.parametrize(
    ("vendor", "header"),
    [("picsart", "X-Picsart-Credit-Available"), ("clipdrop", "x-remaining-credits")],
)
def test_a_picture_comes_with_it(invoiced, vendor, header):
    assert send(invoiced.api, VENDORS[vendor])[header] == str(UNLIMITED)


def test_photoroom_tells_it(invoiced):
    assert invoiced.api.get("/v1/account").json()["credits"]["available"] == UNLIMITED


def test_backgrounderase_tells_it(invoiced):
    assert invoiced.api.get("/v2/account").json()["images"]["available"] == UNLIMITED


def test_poof_tells_it_beside_what_was_used(invoiced):
    send(invoiced.api, VENDORS["poof"])
    told = invoiced.api.get("/v1/me").json()
    assert (told["maxCredits"] - told["usedCredits"], told["usedCredits"]) == (UNLIMITED, 1)
