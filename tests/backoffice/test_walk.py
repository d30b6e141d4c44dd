"""The operator's daily walks in a browser: a refund, a suspension, a payment event run again."""

import json

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from billing import credits
from billing.models import CreditAccount, CreditPack, Purchase, StripeEvent
from services.models import Job
from tests.backoffice.conftest import Staff
from tests.billing import told
from tests.browsing import NARROW, WIDE
from tests.conftest import SERVICE
from tests.pages.test_zoomed import hidden_stops

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def confirm(page: Page, button: str, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button).click()


@pytest.mark.usefixtures("worker", "books")
def test_a_job_is_found_by_its_request_and_refunded(browse, operator: Staff, alice):
    alice.post(**{"X-Request-ID": "case-7"})
    job = Job.objects.get()
    page = browse(operator.user)
    page.goto("/admin/services/job/")
    page.get_by_role("textbox", name="Search").fill("case-7")
    page.get_by_role("button", name="Search").click()
    page.locator("td.field-created_at a, th.field-created_at a").click()
    expect(page.get_by_role("img", name="result")).to_be_visible()
    page.get_by_role("button", name="Return the credits").click()
    confirm(page, "Return the credits", "the hair was cut off")
    expect(page.locator(".messagelist")).to_contain_text("3 credits of job")
    page.goto(f"/admin/billing/ledgerentry/?q={job.pk}")
    expect(page.locator("#result_list")).to_contain_text("the hair was cut off")
    assert alice.balance == 10_000


@pytest.mark.usefixtures("graphs")
def test_an_account_is_suspended_and_its_key_answers_403(browse, operator: Staff, alice):
    page = browse(operator.user)
    page.goto(f"/admin/accounts/user/{alice.user.pk}/change/")
    page.get_by_role("button", name="Suspend").click()
    confirm(page, "Suspend", "spam")
    expect(page.locator(".messagelist")).to_contain_text(
        "The account alice@example.com is suspended."
    )
    headers = {"Authorization": f"Bearer {alice.plaintext}"}
    answer = page.request.post(SERVICE, headers=headers)
    assert (answer.status, "suspended" in json.dumps(answer.json())) == (403, True)


def test_a_failed_payment_event_is_run_again(browse, finance: Staff, alice, settings):
    settings.STRIPE_WEBHOOK_SECRETS = [told.SECRET]
    pack = CreditPack.objects.create(name="P", credits=100_000, price_minor=5_000, currency="usd")
    account = CreditAccount.objects.get(user=alice.user)
    purchase = Purchase.objects.create(
        account=account, kind="pack", pack=pack, credits=100_000, price_minor=4_900, currency="usd"
    )
    told.deliver(Client(), told.completed(purchase, amount_subtotal=5_000))
    assert StripeEvent.objects.get().state == "failed"
    Purchase.objects.update(price_minor=5_000)
    page = browse(finance.user)
    page.goto("/admin/billing/stripeevent/?state__exact=failed")
    page.locator("#result_list tbody th a").click()
    page.get_by_role("button", name="Run again").click()
    confirm(page, "Run again", "the price is right now")
    expect(page.locator(".messagelist")).to_contain_text("processed")
    assert credits.balance(alice.user) == 110_000


@pytest.mark.usefixtures("graphs")
def test_staff_look_at_an_account_and_end_it(browse, support: Staff, alice, complaints):
    complaints.forgives.append("status of 403")
    page = browse(support.user)
    page.goto(f"/admin/accounts/user/{alice.user.pk}/change/")
    page.get_by_role("link", name="Look as its owner").click()
    confirm(page, "Begin", "case 7")
    page.goto("/account/keys/")
    expect(page.get_by_text("You are looking at the account of alice@example.com")).to_be_visible()
    page.get_by_label("Name").fill("mine")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", name="Looking only")).to_be_visible()
    assert alice.user.api_keys.count() == 1
    page.get_by_role("button", name="End and return to the admin").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
def test_staff_who_look_by_keyboard_see_where_they_are(browse, support: Staff, alice, screen, key):
    page = browse(support.user, viewport=screen)
    page.goto(f"/admin/accounts/user/{alice.user.pk}/impersonate/")
    confirm(page, "Begin", "case 7")
    page.wait_for_url("**/account/")
    page.goto("/account/keys/")
    assert hidden_stops(page, key) == []


@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_word_of_impersonation_lies_over_nothing(browse, support: Staff, new_customer, screen):
    customer = new_customer(f"{'a-long-name.' * 5}of.somebody@example.com", 0)
    page = browse(support.user, viewport=screen)
    page.goto(f"/admin/accounts/user/{customer.user.pk}/impersonate/")
    confirm(page, "Begin", "case 7")
    page.wait_for_url("**/account/")
    lowest = page.locator(".impersonation").bounding_box()
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading["y"] >= lowest["y"] + lowest["height"]
