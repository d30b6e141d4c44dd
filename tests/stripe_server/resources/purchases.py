"""What completes a checkout session: the customer pays, saves a card or subscribes on the page."""

from tests.stripe_server.errors import CardError, Refused
from tests.stripe_server.resources import (
    cards,
    customers,
    invoices,
    line_items,
    payments,
    promotions,
    setups,
    subscriptions,
)
from tests.stripe_server.world import Thing, World


def apply_code(world: World, session: Thing, text: str) -> None:
    """Raises Refused for a code that is unknown or used up, and where none may be typed."""
    code = promotions.typed(world, text) if session["allow_promotion_codes"] else None
    if code is None:
        raise Refused("This code is invalid.", code="coupon_expired")
    session["discounts"] = [{"coupon": None, "promotion_code": code["id"]}]
    line_items.total(world, session)


def complete(
    world: World, session: Thing, number: str = cards.GOOD, *, at_once: bool = True
) -> None:
    """Raises CardError, and the session stays open. Not `at_once`: the money comes days later."""
    if session["status"] != "open":
        raise Refused(f"This session is {session['status']}.")
    if refused := _refusal(world, session, number):
        _decline(world, session, number, *refused)
    _identify(world, session)
    method = cards.make(world, number, _customer_to_keep_it(world, session))
    steps = {"payment": _pay, "subscription": _subscribe, "setup": _save}
    steps[session["mode"]](world, session, method, at_once)
    promotions.redeem(world, session["discounts"])
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "complete"
    session.update(status="complete", url=None)
    world.tell("checkout.session.completed", session)


def _refusal(world: World, session: Thing, number: str) -> tuple[str, str] | None:
    card = cards.CARDS.get(number)
    if session["mode"] == "setup" and card:
        return None if card.can_be_saved else (card.code, card.decline_code)
    if world.declines:
        return world.declines.pop(0)
    return cards.refusal(number, off_session=False) if card else None


def _decline(world: World, session: Thing, number: str, code: str, decline_code: str) -> None:
    """A try that leaves a failed payment intent behind, which the next try takes up."""
    if session["mode"] == "payment" and session["amount_total"]:
        world.declines.insert(0, (code, decline_code))
        payments.pay(world, _intent(world, session, cards.make(world, number)))
    raise CardError(cards.MESSAGES[decline_code], code=code, decline_code=decline_code)


def _identify(world: World, session: Thing) -> None:
    if not session["customer"] and session["customer_creation"] == "always":
        session["customer"] = customers.make(world, email=_email(session))["id"]
    known = world.find("customer", session["customer"]) or {}
    address = {"city": None, "country": "US", "line1": None, "line2": None}
    session["customer_details"] = {
        "address": known.get("address") or address | {"postal_code": "94107", "state": None},
        "business_name": None,
        "email": known.get("email") or _email(session),
        "individual_name": None,
        "name": known.get("name") or "Test Customer",
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _email(session: Thing) -> str:
    return session["customer_email"] or "customer@example.com"


def _customer_to_keep_it(world: World, session: Thing) -> str | None:
    usage = world.session_options[session["id"]]["payment_intent_data"].get("setup_future_usage")
    return session["customer"] if usage or session["mode"] != "payment" else None


def _intent(world: World, session: Thing, method: Thing) -> Thing:
    if known := world.find("payment_intent", session["payment_intent"]):
        known.update(payment_method=method["id"], amount=session["amount_total"])
        return known
    data = world.session_options[session["id"]]["payment_intent_data"]
    intent = payments.make(
        world,
        session["amount_total"],
        session["currency"],
        customer=session["customer"],
        payment_method=method["id"],
        **data,
    )
    session["payment_intent"] = intent["id"]
    return intent


def _pay(world: World, session: Thing, method: Thing, at_once: bool) -> None:
    if not session["amount_total"]:
        session["payment_status"] = "no_payment_required"
        return
    intent = _intent(world, session, method)
    if not at_once:
        intent["status"] = "processing"
        world.tell("payment_intent.processing", intent)
        return
    payments.pay(world, intent)
    settled(world, session)


def settled(world: World, session: Thing) -> None:
    session["payment_status"] = "paid"
    if session["invoice_creation"]["enabled"]:
        session["invoice"] = invoices.for_session(world, session)["id"]


def settle(world: World, session: Thing, *, succeeds: bool) -> None:
    """The end of a payment that was not at once."""
    intent = world.get("payment_intent", session["payment_intent"])
    if intent["status"] != "processing":
        raise Refused(f"The payment of this session is {intent['status']}.")
    if succeeds:
        payments.succeed(world, intent, world.get("payment_method", intent["payment_method"]))
        settled(world, session)
        world.tell("checkout.session.async_payment_succeeded", session)
        return
    intent.update(status="requires_payment_method", payment_method=None)
    world.tell("payment_intent.payment_failed", intent)
    world.tell("checkout.session.async_payment_failed", session)


def _save(world: World, session: Thing, method: Thing, at_once: bool) -> None:
    session["setup_intent"] = setups.make(world, session, method)["id"]


def _subscribe(world: World, session: Thing, method: Thing, at_once: bool) -> None:
    subscription = subscriptions.for_session(world, session, method)
    session["subscription"] = subscription["id"]
    session["invoice"] = subscription["latest_invoice"]
    session["payment_status"] = "paid"
