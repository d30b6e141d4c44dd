"""The periods of a subscription: when they end, what each costs, and getting it paid."""

import calendar
import time

from tests.stripe_server.errors import CardError, Refused
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import cards, invoices, meters, promotions
from tests.stripe_server.resources.invoice_shapes import line, make, pricing
from tests.stripe_server.world import Thing, World

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


def next_period(start: int, recurring: Thing) -> int:
    """The same day of a later month, or that month's last."""
    count = recurring["interval_count"]
    if days := _DAYS.get(recurring["interval"]):
        return start + days * count * 24 * 3600
    at = time.gmtime(start)
    month = at.tm_mon - 1 + _MONTHS[recurring["interval"]] * count
    year, month = at.tm_year + month // 12, month % 12 + 1
    day = min(at.tm_mday, calendar.monthrange(year, month)[1])
    return calendar.timegm((year, month, day, at.tm_hour, at.tm_min, at.tm_sec))


def bill(
    world: World, subscription: Thing, reason: str, discounts: list[Thing] | None = None
) -> Thing:
    """The invoice of the period that begins: licences ahead, and the usage of the period before."""
    lines = []
    for item in subscription["items"]["data"]:
        start, end = item["current_period_start"], item["current_period_end"]
        price = item["price"]
        quantity = item.get("quantity") or 0
        if price["recurring"]["usage_type"] == "metered":
            quantity = meters.take_usage(world, price, subscription["customer"])
        lines.append(_line(subscription, item, price, quantity, start, end))
    subtotal = sum(line["amount"] for line in lines)
    discount = promotions.discount_of(world, discounts or [], subtotal)
    is_taxed = subscription["automatic_tax"]["enabled"]
    tax = round((subtotal - discount) * world.tax_percent / 100) if is_taxed else 0
    item = subscription["items"]["data"][0]
    invoice = make(
        world,
        subscription["customer"],
        lines,
        billing_reason=reason,
        parent={
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        period_start=item["current_period_start"],
        subtotal=subtotal,
        total=subtotal - discount + tax,
    )
    subscription["latest_invoice"] = invoice["id"]
    return invoice


def _line(
    subscription: Thing, item: Thing, price: Thing, quantity: int, start: int, end: int
) -> Thing:
    return line(
        round(float(price["unit_amount_decimal"] or 0) * quantity),
        price["currency"],
        f"{quantity} × {price['nickname'] or price['product']}",
        metadata=dict(subscription["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        period={"end": end, "start": start},
        pricing=pricing(price),
        quantity=quantity,
        subscription=subscription["id"],
    )


def collect(
    world: World,
    subscription: Thing,
    invoice: Thing,
    method: str | None = None,
    *,
    off_session: bool = False,
) -> None:
    """Raises CardError, with the subscription past due or never begun."""
    is_first = invoice["billing_reason"] == "subscription_create"
    failed = "incomplete" if is_first else "past_due"
    method = method or subscription["default_payment_method"] or _default(world, subscription)
    try:
        invoices.collect(world, invoice, method, off_session=off_session)
    except CardError:
        world.tell_change("customer.subscription.updated", subscription, status=failed)
        raise
    world.tell_change("customer.subscription.updated", subscription, status="active")


def _default(world: World, subscription: Thing) -> str | None:
    customer = world.get("customer", subscription["customer"])
    method: str | None = customer["invoice_settings"]["default_payment_method"]
    return method


def pay_invoice(world: World, params: Parameters, identifier: str) -> Thing:
    """Another try."""
    invoice = world.get("invoice", identifier, "invoice")
    if invoice["status"] != "open":
        raise Refused("Invoice is already paid.", code="invoice_already_paid")
    given = params.text("payment_method")
    method = cards.get(world, given)["id"] if given else None
    subscription = world.find("subscription", invoices.subscription_of(invoice))
    if subscription:
        collect(world, subscription, invoice, method)
    else:
        invoices.collect(world, invoice, method, off_session=True)
    return invoice
