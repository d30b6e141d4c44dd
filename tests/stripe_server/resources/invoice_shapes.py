"""New invoices and their lines, before anything is paid."""

from tests.stripe_server.listing import as_list
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


def pricing(price: Thing) -> Thing:
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }
