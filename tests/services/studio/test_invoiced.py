"""The studio of people whose pictures go on an invoice: nothing is told of credits they need not have."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Plan, Subscription
from tests.services.studio.test_page import facts, lead

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]
STANDING = "Pictures go on the next invoice of your plan Business."


@pytest.fixture
def invoiced(bob):
    """Bob, who has no credits."""
    plan = Plan.objects.create(
        name="Business", kind="metered", stripe_price="price_1", meter_event_name="images"
    )
    Subscription.objects.create(id="sub_1", user=bob.user, plan=plan, status="active")
    return bob.user


def test_the_page_names_the_plan_in_the_place_of_credits(open_studio, invoiced):
    assert lead(open_studio(invoiced).opened) == STANDING


def test_the_balance_tells_of_it_after_a_run(open_studio, invoiced):
    answer = open_studio(invoiced).client.get(reverse("studio-balance"))
    assert answer.json() == {"credits": 0, "invoicedBy": "Business"}


def test_those_who_pay_with_credits_have_no_such_plan(page):
    assert facts(page)["invoicedBy"] == ""


@pytest.fixture
def at(desk, disc_file, invoiced):
    at = desk(user=invoiced)
    at.open(disc_file)
    return at


@pytest.mark.browser
def test_before_a_run_it_says_how_it_is_paid(at):
    expect(at.page.locator("#cost")).to_have_text("Goes on your next invoice.")


@pytest.mark.browser
def test_after_a_run_it_says_so_as_well(at):
    at.run()
    expect(at.page.locator("#status")).to_contain_text("on your next invoice.")


@pytest.mark.browser
def test_after_a_run_the_plan_is_still_named(at):
    at.run()
    expect(at.page.locator("#announcement")).to_have_text("Done, on your next invoice.")
    expect(at.page.locator("#standing")).to_have_text(STANDING)
