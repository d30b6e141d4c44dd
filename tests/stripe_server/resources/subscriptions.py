"""Subscriptions, from checkout or by a call, until they are cancelled."""

import calendar
import time

from tests.stripe_server.errors import CardError, Missing, ParameterMissing, Refused
from tests.stripe_server.listing import as_list, cut
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import cards, catalogue, invoices, meters, promotions
from tests.stripe_server.resources.subscription_shapes import new_item, new_subscription
from tests.stripe_server.world import Thing, World, now

_ENDED = ("canceled", "incomplete_expired")
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


def for_session(world: World, session: Thing, method: Thing) -> Thing:
    data = world.session_options[session["id"]]["subscription_data"]
    prices = [(i["price"], i["quantity"]) for i in world.line_items[session["id"]]]
    subscription = new_subscription(world, session["customer"], session["currency"], **data)
    subscription["default_payment_method"] = method["id"]
    subscription["automatic_tax"]["enabled"] = session["automatic_tax"]["enabled"]
    _begin(world, subscription, prices, session["discounts"])
    return subscription


def create(world: World, params: Parameters) -> Thing:
    customer = world.get("customer", params.required("customer"), "customer")
    if not (items := params.groups("items")):
        raise ParameterMissing("items")
    prices = [(catalogue.price_of(world, item), item.number("quantity", 1)) for item in items]
    subscription = new_subscription(
        world, customer["id"], prices[0][0]["currency"], metadata=params.metadata()
    )
    if given := params.text("default_payment_method"):
        subscription["default_payment_method"] = cards.get(world, given)["id"]
    _begin(world, subscription, prices, [])
    return subscription


def _begin(
    world: World,
    subscription: Thing,
    prices: list[tuple[Thing, int | None]],
    discounts: list[Thing],
) -> None:
    items = [
        new_item(
            subscription,
            price,
            quantity,
            current_period_end=next_period(subscription["start_date"], price["recurring"]),
        )
        for price, quantity in prices
        if price["recurring"]
    ]
    subscription["items"] = as_list(
        f"/v1/subscription_items?subscription={subscription['id']}", items
    )
    world.tell("customer.subscription.created", subscription)
    invoice = bill(world, subscription, "subscription_create", discounts)
    collect(world, subscription, invoice)


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
    invoice = invoices.make(
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
    return invoices.line(
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
        pricing=invoices.pricing(price),
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


def advance(world: World, subscription: Thing) -> Thing | None:
    """To its next period: the invoice that begins it, or the end that was asked for."""
    if subscription["status"] in _ENDED:
        raise Refused(f"The subscription is {subscription['status']}.")
    if subscription["cancel_at_period_end"]:
        end(world, subscription)
        return None
    before = {"items": {"data": [dict(item) for item in subscription["items"]["data"]]}}
    for item in subscription["items"]["data"]:
        item["current_period_start"] = item["current_period_end"]
        item["current_period_end"] = next_period(
            item["current_period_end"], item["price"]["recurring"]
        )
    before["latest_invoice"] = subscription["latest_invoice"]
    invoice = bill(world, subscription, "subscription_cycle")
    world.tell("customer.subscription.updated", subscription, before)
    try:
        collect(world, subscription, invoice, off_session=True)
    except CardError:
        return invoice  # as it is at Stripe, where nobody waits for the answer of a renewal
    return invoice


def end(world: World, subscription: Thing, reason: str = "cancellation_requested") -> None:
    subscription.update(status="canceled", ended_at=now())
    subscription["canceled_at"] = subscription["canceled_at"] or now()
    subscription["cancellation_details"] |= {"reason": reason}
    world.tell("customer.subscription.deleted", subscription)


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("subscription", identifier)


def listing(world: World, params: Parameters) -> Thing:
    """Without a status, those that ended are left out."""
    status = params.text("status")
    found = [
        subscription
        for subscription in reversed(world.all("subscription"))
        if params.text("customer", subscription["customer"]) == subscription["customer"]
        and _has_status(subscription["status"], status)
    ]
    return cut("/v1/subscriptions", found, params)


def _has_status(status: str, wanted: str | None) -> bool:
    if wanted == "ended":
        return status in _ENDED
    return wanted in ("all", status) or (wanted is None and status not in _ENDED)


def update(world: World, params: Parameters, identifier: str) -> Thing:
    """A changed price counts from the next period on; nothing is prorated."""
    subscription = world.get("subscription", identifier)
    if subscription["status"] in _ENDED:
        raise Refused("A canceled subscription can only update its metadata.")
    changes: Thing = {"metadata": params.metadata(subscription["metadata"])}
    if given := params.text("default_payment_method"):
        changes["default_payment_method"] = cards.get(world, given)["id"]
    if "cancel_at_period_end" in params:
        changes |= ending(subscription, bool(params.flag("cancel_at_period_end")))
    if items := params.groups("items"):
        changes["items"] = _with_prices(world, subscription, items)
    world.tell_change("customer.subscription.updated", subscription, **changes)
    return subscription


def ending(subscription: Thing, at_period_end: bool) -> Thing:
    last = max(item["current_period_end"] for item in subscription["items"]["data"])
    reason = "cancellation_requested" if at_period_end else None
    return {
        "cancel_at_period_end": at_period_end,
        "cancel_at": last if at_period_end else None,
        "canceled_at": int(time.time()) if at_period_end else None,
        "cancellation_details": subscription["cancellation_details"] | {"reason": reason},
    }


def _with_prices(world: World, subscription: Thing, items: list[Parameters]) -> Thing:
    held = {item["id"]: dict(item) for item in subscription["items"]["data"]}
    for params in items:
        identifier = params.required("id")
        if identifier not in held:
            raise Refused(f"Invalid subscription item: {identifier}.", param=params.name_of("id"))
        item = held[identifier]
        if "price" in params or "price_data" in params:
            item["price"] = dict(catalogue.price_of(world, params))
        item["quantity"] = params.number("quantity", item.get("quantity"))
    return subscription["items"] | {"data": list(held.values())}


def cancel(world: World, params: Parameters, identifier: str) -> Thing:
    subscription = world.get("subscription", identifier)
    if subscription["status"] in _ENDED:
        raise Missing("subscription", identifier)
    end(world, subscription)
    return subscription
