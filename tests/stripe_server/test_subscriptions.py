"""Subscriptions, their invoices, metered usage and the end."""

import datetime as dt

import pytest
import stripe

from tests.stripe_server.resources.periods import next_period

MONTH = {"interval": "month", "interval_count": 1}


def moment(year: int, month: int, day: int) -> int:
    return int(dt.datetime(year, month, day, 12, tzinfo=dt.UTC).timestamp())


@pytest.fixture
def metered(stripe_client) -> stripe.Price:
    meter = stripe_client.v1.billing.meters.create(
        {
            "display_name": "Pictures",
            "event_name": "pictures",
            "default_aggregation": {"formula": "sum"},
        }
    )
    return stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 5,
            "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
            "product_data": {"name": "Metered"},
        }
    )


@pytest.fixture
def report(stripe_client, customer):
    def send(value: int, identifier: str = "", **changes) -> stripe.billing.MeterEvent:
        given = {"identifier": identifier} if identifier else {}
        return stripe_client.v1.billing.meter_events.create(
            {
                "event_name": "pictures",
                "payload": {"stripe_customer_id": customer.id, "value": str(value)},
                **given,
                **changes,
            }
        )

    return send


def test_checkout_begins_an_active_subscription(subscription):
    assert subscription.status == "active"


def test_its_first_invoice_is_paid(stripe_client, subscription):
    invoice = stripe_client.v1.invoices.retrieve(subscription.latest_invoice)
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == (
        "paid",
        "subscription_create",
        1900,
    )


def test_an_invoice_names_its_subscription(stripe_client, subscription):
    invoice = stripe_client.v1.invoices.retrieve(subscription.latest_invoice)
    assert invoice.parent.subscription_details.subscription == subscription.id


def test_metadata_of_a_subscription_is_on_its_invoices(stripe_server, checkout, monthly):
    session = checkout(
        mode="subscription",
        line_items=[{"price": monthly.id, "quantity": 1}],
        subscription_data={"metadata": {"plan": "3"}},
    )
    stripe_server.pay(session.id)
    (event,) = stripe_server.events("invoice.paid")
    details = event["data"]["object"]["parent"]["subscription_details"]
    assert details["metadata"] == {"plan": "3"}


def test_the_payment_of_an_invoice_leads_back_to_it(stripe_client, subscription):
    invoice = stripe_client.v1.invoices.retrieve(
        subscription.latest_invoice, {"expand": ["payments"]}
    )
    intent = invoice.payments.data[0].payment.payment_intent
    found = stripe_client.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": intent}}
    )
    assert [payment.invoice for payment in found.data] == [invoice.id]


def test_a_month_later_there_is_another_paid_invoice(stripe_server, stripe_client, subscription):
    stripe_server.advance(subscription.id)
    listed = stripe_client.v1.invoices.list({"subscription": subscription.id})
    assert [(one.billing_reason, one.status) for one in listed.data] == [
        ("subscription_cycle", "paid"),
        ("subscription_create", "paid"),
    ]


def test_a_month_later_the_period_is_the_next(stripe_server, stripe_client, subscription):
    end = subscription["items"].data[0].current_period_end
    stripe_server.advance(subscription.id)
    item = stripe_client.v1.subscriptions.retrieve(subscription.id)["items"].data[0]
    assert item.current_period_start == end


def test_a_month_that_is_not_paid_is_past_due(stripe_server, stripe_client, subscription):
    stripe_server.decline_next()
    invoice = stripe_server.advance(subscription.id)
    assert (invoice["status"], len(stripe_server.events("invoice.payment_failed"))) == ("open", 1)
    assert stripe_client.v1.subscriptions.retrieve(subscription.id).status == "past_due"


def test_paying_later_makes_it_active_again(stripe_server, stripe_client, subscription):
    stripe_server.decline_next()
    invoice = stripe_server.advance(subscription.id)
    assert stripe_client.v1.invoices.pay(invoice["id"]).status == "paid"
    assert stripe_client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_cancelling_at_the_end_keeps_it_until_then(stripe_client, subscription):
    changed = stripe_client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    end = subscription["items"].data[0].current_period_end
    assert (changed.status, changed.cancel_at) == ("active", end)


def test_cancelling_at_the_end_ends_it_then(stripe_server, stripe_client, subscription):
    stripe_client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert stripe_server.advance(subscription.id) is None
    assert stripe_client.v1.subscriptions.retrieve(subscription.id).status == "canceled"


def test_cancelling_at_once_tells(stripe_server, stripe_client, subscription):
    stripe_client.v1.subscriptions.cancel(subscription.id)
    (event,) = stripe_server.events("customer.subscription.deleted")
    assert event["data"]["object"]["status"] == "canceled"


def test_a_cancelled_one_is_listed_only_on_request(stripe_client, customer, subscription):
    stripe_client.v1.subscriptions.cancel(subscription.id)
    listed = [
        len(stripe_client.v1.subscriptions.list(params).data)
        for params in ({"customer": customer.id}, {"customer": customer.id, "status": "all"})
    ]
    assert listed == [0, 1]


def test_a_change_tells_what_it_was_before(stripe_server, stripe_client, subscription):
    stripe_client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    event = stripe_server.events("customer.subscription.updated")[-1]
    assert event["data"]["previous_attributes"]["cancel_at_period_end"] is False


def test_a_changed_price_counts_from_the_next_month(
    stripe_server, stripe_client, subscription, monthly
):
    dearer = stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 4900,
            "recurring": {"interval": "month"},
            "product": monthly.product,
        }
    )
    item = subscription["items"].data[0].id
    stripe_client.v1.subscriptions.update(
        subscription.id, {"items": [{"id": item, "price": dearer.id}]}
    )
    assert stripe_server.advance(subscription.id)["total"] == 4900


def test_usage_is_on_the_next_invoice(stripe_server, subscribe, metered, report):
    subscription = subscribe(metered)
    report(3)
    report(4)
    assert stripe_server.advance(subscription.id)["total"] == 35


def test_usage_is_invoiced_once(stripe_server, subscribe, metered, report):
    subscription = subscribe(metered)
    report(3)
    stripe_server.advance(subscription.id)
    assert stripe_server.advance(subscription.id)["total"] == 0


def test_an_invoice_over_nothing_is_paid_without_a_charge(stripe_server, subscribe, metered):
    subscribe(metered)
    (invoice,) = stripe_server.find("invoice")
    assert (invoice["status"], stripe_server.find("charge")) == ("paid", [])


def test_a_meter_event_with_a_known_identifier_is_refused(stripe_server, metered, report):
    report(3, "job-1")
    with pytest.raises(stripe.InvalidRequestError, match="already exists with identifier job-1"):
        report(3, "job-1")
    assert len(stripe_server.meter_events()) == 1


def test_usage_without_a_meter_is_refused(report):
    with pytest.raises(stripe.InvalidRequestError, match="No active meter"):
        report(1)


def test_usage_of_long_ago_is_refused(metered, report):
    with pytest.raises(stripe.InvalidRequestError, match="35 calendar days"):
        report(1, timestamp=moment(2020, 1, 1))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (moment(2026, 1, 15), moment(2026, 2, 15)),
        (moment(2026, 1, 31), moment(2026, 2, 28)),
        (moment(2026, 12, 1), moment(2027, 1, 1)),
    ],
)
def test_a_month_ends_on_the_same_day_of_the_next_or_on_its_last(start, end):
    assert next_period(start, MONTH) == end
