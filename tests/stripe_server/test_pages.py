"""The pages that a browser is sent to."""

import httpx
import pytest

from tests.stripe_server.resources import cards


@pytest.fixture
def page(checkout) -> str:
    return str(checkout().url)


def test_the_checkout_page_shows_what_is_bought(page):
    html = httpx.get(page).text
    assert "500 credits" in html
    assert "49.00 USD" in html


def test_paying_leads_back_with_the_session(page):
    answer = httpx.post(page, data={"action": "pay", "card": cards.GOOD})
    session = page.rpartition("/")[2]
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"https://shop.example/done?session={session}",
    )


def test_paying_completes_the_session(stripe_server, page):
    httpx.post(page, data={"action": "pay", "card": cards.GOOD})
    assert len(stripe_server.events("checkout.session.completed")) == 1


def test_cancelling_leads_back_and_leaves_it_open(stripe_server, page):
    answer = httpx.post(page, data={"action": "cancel"})
    assert answer.headers["Location"] == "https://shop.example/packs"
    assert stripe_server.find("checkout.session")[0]["status"] == "open"


def test_a_declined_card_is_told_on_the_page(page):
    answer = httpx.post(page, data={"action": "pay", "card": cards.DECLINED})
    assert (answer.status_code, "Your card was declined." in answer.text) == (402, True)


def test_the_money_may_come_later(stripe_server, page):
    httpx.post(page, data={"action": "pay", "card": "later"})
    assert stripe_server.find("checkout.session")[0]["payment_status"] == "unpaid"


def test_a_session_that_is_over_shows_no_form(page):
    httpx.post(page, data={"action": "pay", "card": cards.GOOD})
    assert "<form" not in httpx.get(page).text


def test_paying_twice_pays_once(stripe_server, page):
    for _ in range(2):
        httpx.post(page, data={"action": "pay", "card": cards.GOOD})
    assert len(stripe_server.find("charge")) == 1


def test_a_promotion_code_can_be_typed_where_it_is_allowed(stripe_client, checkout):
    coupon = stripe_client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    stripe_client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    page = checkout(allow_promotion_codes=True).url
    answer = httpx.post(page, data={"action": "apply", "promotion_code": "TEN"})
    assert "44.10 USD" in answer.text


def test_an_unknown_promotion_code_is_told(checkout):
    page = checkout(allow_promotion_codes=True).url
    answer = httpx.post(page, data={"action": "apply", "promotion_code": "NO"})
    assert "This code is invalid." in answer.text


def test_no_code_can_be_typed_where_none_is_allowed(page):
    assert "promotion_code" not in httpx.get(page).text


def test_names_are_escaped(checkout):
    data = {"currency": "usd", "unit_amount": 100, "product_data": {"name": "<b>bold</b>"}}
    page = checkout(line_items=[{"quantity": 1, "price_data": data}]).url
    assert "<b>bold</b>" not in httpx.get(page).text


def test_an_unknown_session_is_not_found(stripe_server):
    assert httpx.get(f"{stripe_server.url}/c/pay/cs_test_none").status_code == 404


@pytest.fixture
def portal(stripe_client, customer, subscription) -> str:
    session = stripe_client.v1.billing_portal.sessions.create(
        {"customer": customer.id, "return_url": "https://shop.example/billing"}
    )
    return session.url


def test_the_portal_shows_the_subscription_and_the_way_back(portal):
    html = httpx.get(portal).text
    assert "active" in html
    assert "https://shop.example/billing" in html


def test_the_portal_cancels_at_the_end_of_the_period(stripe_client, portal, subscription):
    httpx.post(portal, data={"action": "cancel", "target": subscription.id})
    assert stripe_client.v1.subscriptions.retrieve(subscription.id).cancel_at_period_end


def test_the_portal_keeps_a_subscription_after_all(stripe_client, portal, subscription):
    for action in ("cancel", "resume"):
        httpx.post(portal, data={"action": action, "target": subscription.id})
    assert not stripe_client.v1.subscriptions.retrieve(subscription.id).cancel_at_period_end


def test_a_card_added_in_the_portal_is_the_new_default(stripe_client, portal, customer):
    httpx.post(portal, data={"action": "add_card", "card": cards.ASKS_ITS_OWNER})
    chosen = stripe_client.v1.customers.retrieve(
        customer.id, {"expand": ["invoice_settings.default_payment_method"]}
    )
    assert chosen.invoice_settings.default_payment_method.card.last4 == "3184"


def test_a_receipt_can_be_read(stripe_server, paid):
    (charge,) = stripe_server.find("charge")
    assert "49.00 USD" in httpx.get(charge["receipt_url"]).text


def test_an_invoice_can_be_read(stripe_server, subscription):
    (invoice,) = stripe_server.find("invoice")
    assert invoice["number"] in httpx.get(invoice["hosted_invoice_url"]).text


def test_an_invoice_can_be_had_as_a_pdf(stripe_server, subscription):
    (invoice,) = stripe_server.find("invoice")
    answer = httpx.get(invoice["invoice_pdf"])
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
