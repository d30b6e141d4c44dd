"""Invoices: for a payment at checkout, and for each period of a subscription."""

from tests.stripe_server.errors import CardError, Refused
from tests.stripe_server.listing import as_list, cut, page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import cards, payments
from tests.stripe_server.world import Thing, World, new_id, now

_EMPTY = [
    "account_tax_ids",
    "application",
    "automatically_finalizes_at",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "ending_balance",
    "footer",
    "from_invoice",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "test_clock",
    "threshold_reason",
]


def make(world: World, customer: str, lines: list[Thing], **fields: object) -> Thing:
    """An open invoice; `subtotal`, `total` and the rest follow from the lines unless given."""
    owner = world.get("customer", customer)
    number = f"{owner['invoice_prefix']}-{owner['next_invoice_sequence']:04}"
    owner["next_invoice_sequence"] += 1
    subtotal = sum(line["amount"] for line in lines)
    invoice = world.add(
        "invoice",
        "in",
        **dict.fromkeys(_EMPTY),
        account_country="US",
        account_name="Maskr",
        amount_overpaid=0,
        amount_paid=0,
        amount_shipping=0,
        attempt_count=0,
        attempted=False,
        auto_advance=True,
        automatic_tax={
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        collection_method="charge_automatically",
        currency=lines[0]["currency"],
        customer=customer,
        customer_email=owner["email"],
        customer_tax_exempt="none",
        customer_tax_ids=[],
        default_tax_rates=[],
        discounts=[],
        effective_at=now(),
        issuer={"type": "self"},
        metadata={},
        number=number,
        parent=None,
        payment_settings={
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        period_end=now(),
        period_start=now(),
        post_payment_credit_notes_amount=0,
        pre_payment_credit_notes_amount=0,
        starting_balance=0,
        status="open",
        status_transitions={
            "finalized_at": now(),
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal,
        total=subtotal,
        total_discount_amounts=[],
        total_pretax_credit_amounts=[],
        total_taxes=[],
        webhooks_delivered_at=None,
    )
    invoice.update(fields)
    invoice["total_excluding_tax"] = invoice["total"]
    invoice["amount_due"] = invoice["amount_remaining"] = invoice["total"]
    invoice["hosted_invoice_url"] = f"{world.base_url}/i/{invoice['id']}"
    invoice["invoice_pdf"] = f"{world.base_url}/i/{invoice['id']}/pdf"
    for line in lines:
        line["invoice"] = invoice["id"]
    invoice["lines"] = as_list(f"/v1/invoices/{invoice['id']}/lines", lines)
    world.tell("invoice.created", invoice)
    world.tell("invoice.finalized", invoice)
    return invoice


def line(amount: int, currency: str, description: str, **fields: object) -> Thing:
    period = {"end": now(), "start": now()}
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "parent": None,
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": None,
        "quantity": 1,
        "subtotal": amount,
        "taxes": [],
    } | fields


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


def pricing(price: Thing) -> Thing:
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


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


def pay(world: World, params: Parameters, identifier: str) -> Thing:
    """Another try. What the subscription makes of it is told by `subscriptions`."""
    from tests.stripe_server.resources import subscriptions  # it makes invoices itself

    invoice = world.get("invoice", identifier, "invoice")
    if invoice["status"] != "open":
        raise Refused("Invoice is already paid.", code="invoice_already_paid")
    given = params.text("payment_method")
    method = cards.get(world, given)["id"] if given else None
    subscription = world.find("subscription", subscription_of(invoice))
    if subscription:
        subscriptions.collect(world, subscription, invoice, method)
    else:
        collect(world, invoice, method, off_session=True)
    return invoice
