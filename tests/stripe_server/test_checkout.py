"""Checkout sessions: what may be asked for, what they come to, how they end."""

import pytest
import stripe

from tests.stripe_server.resources import cards


def test_a_session_comes_to_the_sum_of_its_lines(checkout):
    line = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Pack"}}
    items = [{"quantity": 2, "price_data": line}, {"quantity": 1, "price_data": line}]
    assert checkout(line_items=items).amount_total == 3000


def test_a_price_can_be_named(stripe_client, checkout):
    product = stripe_client.v1.products.create({"name": "Pack"})
    price = stripe_client.v1.prices.create(
        {"currency": "usd", "unit_amount": 700, "product": product.id}
    )
    assert checkout(line_items=[{"price": price.id, "quantity": 1}]).amount_total == 700


def test_an_open_session_is_unpaid(checkout):
    session = checkout()
    assert (session.status, session.payment_status) == ("open", "unpaid")


def test_a_paid_session_leads_to_the_receipt(stripe_server, stripe_client, checkout):
    stripe_server.pay(session := checkout().id)
    expanded = stripe_client.v1.checkout.sessions.retrieve(
        session, {"expand": ["payment_intent.latest_charge"]}
    )
    assert expanded.payment_intent.latest_charge.receipt_url.startswith(stripe_server.url)


def test_metadata_reaches_the_payment_and_its_charge(stripe_server, checkout):
    stripe_server.pay(checkout(payment_intent_data={"metadata": {"purchase": "7"}}).id)
    (charge,) = stripe_server.find("charge")
    assert charge["metadata"] == {"purchase": "7"}


def test_a_reference_and_metadata_come_back_in_the_event(stripe_server, checkout):
    stripe_server.pay(checkout(client_reference_id="42", metadata={"pack": "1"}).id)
    (event,) = stripe_server.events("checkout.session.completed")
    session = event["data"]["object"]
    assert (session["client_reference_id"], session["metadata"]) == ("42", {"pack": "1"})


def test_the_events_of_a_payment_come_in_order(stripe_server, checkout):
    session = checkout()
    before = len(stripe_server.events())
    stripe_server.pay(session.id)
    assert [event["type"] for event in stripe_server.events()[before:]] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_an_invoice_is_made_when_asked_for(stripe_server, stripe_client, checkout):
    session = stripe_server.pay(checkout(invoice_creation={"enabled": True}).id)
    invoice = stripe_client.v1.invoices.retrieve(session["invoice"])
    assert (invoice.status, invoice.amount_paid, invoice.parent) == ("paid", 4900, None)


def test_no_invoice_is_made_unless_asked_for(stripe_server, checkout):
    assert stripe_server.pay(checkout().id)["invoice"] is None


def test_a_card_is_kept_for_later_when_asked_for(stripe_client, paid):
    listed = stripe_client.v1.payment_methods.list({"customer": paid.customer, "type": "card"})
    assert [method.card.last4 for method in listed.data] == ["4242"]


def test_a_card_is_not_kept_unless_asked_for(stripe_server, stripe_client, checkout, customer):
    stripe_server.pay(checkout().id)
    assert stripe_client.v1.customers.payment_methods.list(customer.id).data == []


def test_setup_mode_saves_a_card_without_a_charge(stripe_server, stripe_client, checkout, customer):
    session = stripe_server.pay(checkout(mode="setup", currency="usd", line_items=None).id)
    intent = stripe_client.v1.setup_intents.retrieve(session["setup_intent"])
    method = stripe_client.v1.payment_methods.retrieve(intent.payment_method)
    assert (method.customer, stripe_server.find("charge")) == (customer.id, [])


def test_a_declined_card_leaves_the_session_open(stripe_server, stripe_client, checkout):
    session = checkout().id
    with pytest.raises(Exception, match="declined"):
        stripe_server.pay(session, cards.DECLINED)
    assert stripe_client.v1.checkout.sessions.retrieve(session).status == "open"


def test_after_a_declined_card_another_one_pays(stripe_server, checkout):
    session = checkout().id
    with pytest.raises(Exception, match="declined"):
        stripe_server.pay(session, cards.DECLINED)
    assert stripe_server.pay(session)["payment_status"] == "paid"


def test_two_tries_are_one_payment_intent(stripe_server, checkout):
    session = checkout().id
    with pytest.raises(Exception, match="declined"):
        stripe_server.pay(session, cards.DECLINED)
    stripe_server.pay(session)
    assert len(stripe_server.find("payment_intent")) == 1


def test_a_slow_payment_completes_the_session_unpaid(stripe_server, checkout):
    session = stripe_server.pay(checkout().id, at_once=False)
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")


@pytest.mark.parametrize(("succeeds", "end"), [(True, "succeeded"), (False, "failed")])
def test_a_slow_payment_ends_with_an_event(stripe_server, checkout, succeeds, end):
    session = stripe_server.pay(checkout().id, at_once=False)
    stripe_server.settle(session["id"], succeeds=succeeds)
    assert len(stripe_server.events(f"checkout.session.async_payment_{end}")) == 1


def test_a_promotion_code_lowers_the_amount(stripe_server, stripe_client, checkout):
    coupon = stripe_client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    stripe_client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    session = stripe_server.pay(checkout(allow_promotion_codes=True).id, promotion_code="ten")
    assert (session["amount_subtotal"], session["amount_total"]) == (4900, 4410)


def test_a_whole_discount_needs_no_payment(stripe_server, stripe_client, checkout):
    coupon = stripe_client.v1.coupons.create({"percent_off": 100, "duration": "once"})
    session = stripe_server.pay(checkout(discounts=[{"coupon": coupon.id}]).id)
    assert (session["payment_status"], session["payment_intent"]) == ("no_payment_required", None)


def test_tax_is_added_where_it_is_enabled(checkout):
    session = checkout(automatic_tax={"enabled": True}, customer_update={"address": "auto"})
    assert (session.amount_total, session.total_details.amount_tax) == (5390, 490)


def test_tax_needs_to_know_where_the_customer_lives(checkout):
    with pytest.raises(stripe.InvalidRequestError, match="customer_update"):
        checkout(automatic_tax={"enabled": True})


def test_an_expired_session_takes_no_money(stripe_server, stripe_client, checkout):
    stripe_client.v1.checkout.sessions.expire(session := checkout().id)
    with pytest.raises(Exception, match="expired"):
        stripe_server.pay(session)


def test_an_expired_session_tells(stripe_server, checkout):
    stripe_server.expire(session := checkout().id)
    (event,) = stripe_server.events("checkout.session.expired")
    assert event["data"]["object"]["id"] == session


def test_a_paid_session_cannot_be_expired(stripe_server, stripe_client, checkout):
    stripe_server.pay(session := checkout().id)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        stripe_client.v1.checkout.sessions.expire(session)


def test_a_session_of_no_known_customer_is_refused(checkout):
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        checkout(customer="cus_gone")


def test_a_customer_is_made_on_the_way_for_an_invoice(stripe_server, checkout):
    session = checkout(
        customer=None, customer_email="bob@example.com", invoice_creation={"enabled": True}
    )
    made = stripe_server.pay(session.id)["customer"]
    assert [one["email"] for one in stripe_server.find("customer", id=made)] == ["bob@example.com"]


def test_a_recurring_price_is_refused_in_payment_mode(checkout, monthly):
    with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
        checkout(line_items=[{"price": monthly.id, "quantity": 1}])


@pytest.mark.parametrize(
    ("mode", "name"),
    [("subscription", "payment_intent_data"), ("payment", "subscription_data")],
)
def test_a_parameter_of_another_mode_is_refused(checkout, monthly, mode, name):
    with pytest.raises(stripe.InvalidRequestError, match=f"You can not pass `{name}`"):
        checkout(mode=mode, **{name: {"metadata": {"a": "1"}}})


def test_a_line_item_needs_a_quantity(stripe_client, checkout, monthly):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        checkout(mode="subscription", line_items=[{"price": monthly.id}])
    assert caught.value.param == "line_items[0][quantity]"
