"""Subscriptions, from checkout or by a call, until they are cancelled."""

import time

from tests.stripe_server.errors import CardError, Missing, ParameterMissing, Refused
from tests.stripe_server.listing import as_list, cut
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import cards, catalogue
from tests.stripe_server.resources.periods import bill, collect, next_period
from tests.stripe_server.resources.subscription_shapes import new_item, new_subscription
from tests.stripe_server.world import Thing, World, now

_ENDED = ("canceled", "incomplete_expired")


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
    if customer := params.text("customer"):
        world.get("customer", customer, "customer")
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
