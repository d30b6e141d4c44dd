"""Invoices: for a payment at checkout, and for each period of a subscription."""

from tests.stripe_server.errors import CardError
from tests.stripe_server.listing import cut, page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import payments
from tests.stripe_server.resources.invoice_shapes import line, make, pricing
from tests.stripe_server.world import Thing, World, now


def for_session(world: World, session: Thing) -> Thing:
    """Of a payment that was made already."""
    lines = [
        line(
            item["amount_subtotal"],
            item["currency"],
            item["description"],
            quantity=item["quantity"],
            pricing=pricing(item["price"]),
        )
        for item in world.line_items[session["id"]]
    ]
    data = world.session_options[session["id"]]["invoice_data"]
    fields = {"metadata": data["metadata"], "description": data.get("description")}
    invoice = make(
        world,
        session["customer"],
        lines,
        billing_reason="manual",
        total=session["amount_total"],
        **fields,
    )
    paid(world, invoice, session["payment_intent"])
    return invoice


def collect(world: World, invoice: Thing, method: str | None, *, off_session: bool) -> None:
    """Charges it. Raises CardError after telling that it was not paid."""
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    if not invoice["amount_due"]:
        paid(world, invoice, None)
        return
    intent = _intent(world, invoice, method)
    try:
        payments.pay(world, intent, off_session=off_session)
    except CardError:
        invoice["next_payment_attempt"] = now() + 3 * 24 * 3600
        world.tell("invoice.payment_failed", invoice)
        raise
    paid(world, invoice, intent["id"])


def _intent(world: World, invoice: Thing, method: str | None) -> Thing:
    """One for all tries."""
    for payment in world.all("invoice_payment", invoice=invoice["id"]):
        intent = world.get("payment_intent", payment["payment"]["payment_intent"])
        intent["payment_method"] = method
        return intent
    intent = payments.make(
        world,
        invoice["amount_due"],
        invoice["currency"],
        customer=invoice["customer"],
        description="Subscription",
        payment_method=method,
    )
    _payment(world, invoice, intent["id"])
    return intent


def _payment(world: World, invoice: Thing, intent: str) -> Thing:
    return world.add(
        "invoice_payment",
        "inpay",
        amount_paid=None,
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"payment_intent": intent, "type": "payment_intent"},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )


def paid(world: World, invoice: Thing, intent: str | None) -> None:
    invoice.update(
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        next_payment_attempt=None,
        status="paid",
    )
    invoice["status_transitions"] |= {"paid_at": now()}
    if intent:
        known = world.all("invoice_payment", invoice=invoice["id"])
        payment = known[0] if known else _payment(world, invoice, intent)
        payment.update(status="paid", amount_paid=invoice["amount_due"])
        payment["status_transitions"] |= {"paid_at": now()}
        world.tell("invoice_payment.paid", payment)
    world.tell("invoice.paid", invoice)
    world.tell("invoice.payment_succeeded", invoice)


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("invoice", identifier, "invoice")


def listing(world: World, params: Parameters) -> Thing:
    if not (subscription := params.text("subscription")):
        return page(world, "invoice", "/v1/invoices", params, ("customer", "status"))
    found = [
        invoice
        for invoice in reversed(world.all("invoice"))
        if subscription_of(invoice) == subscription
        and params.text("customer", invoice["customer"]) == invoice["customer"]
        and params.text("status", invoice["status"]) == invoice["status"]
    ]
    return cut("/v1/invoices", found, params)


def subscription_of(invoice: Thing) -> str | None:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return details.get("subscription")


def list_payments(world: World, params: Parameters) -> Thing:
    intent = params.group("payment").text("payment_intent")
    found = [
        payment
        for payment in reversed(world.all("invoice_payment"))
        if intent in (None, payment["payment"]["payment_intent"])
        and params.text("invoice", payment["invoice"]) == payment["invoice"]
    ]
    return cut("/v1/invoice_payments", found, params)


def retrieve_payment(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("invoice_payment", identifier)
