"""Every object has the fields that the library declares for it: all that are certain, no other."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import stripe
from stripe._object_classes import OBJECT_CLASSES, get_object_class

from tests.stripe_server.world import Thing


def mismatches(thing: Thing, declared: Any, where: str) -> list[str]:
    fields = dict(declared.__annotations__)
    fields.pop("OBJECT_NAME", None)
    wrong = [f"{where}.{name} is unknown" for name in thing.keys() - fields.keys()]
    for name, kind in fields.items():
        if thing.get(name) is None and not _is_optional(kind):
            wrong.append(f"{where}.{name} is missing")
        wrong += _inside(thing.get(name), declared._inner_class_types.get(name), f"{where}.{name}")
    return wrong


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind)


def _inside(value: Any, declared: Any, where: str) -> list[str]:
    if isinstance(value, list):
        return [wrong for item in value for wrong in _inside(item, declared, where)]
    if not isinstance(value, dict):
        return []
    if value.get("object") == "list":
        return _inside(value["data"], None, where)
    kind = value.get("object")
    if isinstance(kind, str) and kind in OBJECT_CLASSES:
        declared = get_object_class("V1", kind)
    return mismatches(value, declared, where) if declared else []


@pytest.fixture
def full_world(stripe_server, stripe_client, checkout, paid, subscription):
    """At least one object of every kind, in several of their states."""
    checkout()
    stripe_server.pay(checkout(invoice_creation={"enabled": True}).id)
    stripe_server.pay(checkout(mode="setup", currency="usd", line_items=None).id)
    refund = stripe_client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    stripe_server.fail_refund(refund.id)
    stripe_server.open_dispute(paid.id)
    stripe_server.decline_next()
    stripe_server.advance(subscription.id)
    coupon = stripe_client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    stripe_client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    stripe_client.v1.billing.meters.create(
        {
            "display_name": "Pictures",
            "event_name": "pictures",
            "default_aggregation": {"formula": "sum"},
        }
    )
    stripe_client.v1.billing_portal.sessions.create({"customer": paid.customer})
    return stripe_server.world


KINDS = [
    "billing.meter",
    "billing_portal.session",
    "charge",
    "checkout.session",
    "coupon",
    "customer",
    "dispute",
    "event",
    "invoice",
    "invoice_payment",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "promotion_code",
    "refund",
    "setup_intent",
    "subscription",
]


def test_every_kind_of_object_has_the_declared_fields(full_world):
    things = [thing for kind in KINDS for thing in full_world.all(kind)]
    wrong = {line for t in things for line in _inside(t, None, t["object"])}
    assert sorted(wrong) == []


def test_no_kind_of_object_goes_unlooked_at(full_world):
    assert {thing["object"] for thing in full_world.things.values()} == set(KINDS)


def test_a_meter_event_has_the_declared_fields(stripe_client, stripe_server, customer, full_world):
    stripe_client.v1.billing.meter_events.create(
        {
            "event_name": "pictures",
            "payload": {"stripe_customer_id": customer.id, "value": "1"},
        }
    )
    (event,) = stripe_server.meter_events()
    assert mismatches(event, stripe.billing.MeterEvent, "meter_event") == []


def test_line_items_have_the_declared_fields(stripe_client, checkout):
    session = checkout().id
    (item,) = stripe_client.v1.checkout.sessions.line_items.list(session).data
    assert mismatches(item.to_dict(), stripe.LineItem, "line_item") == []


def test_a_field_nobody_declares_is_found():
    assert "charge.colour is unknown" in mismatches({"colour": "red"}, stripe.Charge, "charge")


def test_a_field_that_must_be_there_is_missed():
    assert "charge.amount is missing" in mismatches({}, stripe.Charge, "charge")
