"""Stripe's events, as this test suite tells them: built by hand, signed by Stripe's own library."""

import itertools
import json
import time
from typing import Any

import stripe

SECRET = "whsec_tests"
PATH = "/billing/stripe/webhook"
#: Stripe's clock at the first event; every event is a second later.
_clock = itertools.count(1_800_000_000)
_numbers = itertools.count(1)


def event(kind: str, told: dict[str, Any], *, created: int | None = None) -> dict[str, Any]:
    return {
        "id": f"evt_{next(_numbers)}_{time.time_ns()}",
        "object": "event",
        "type": kind,
        "created": next(_clock) if created is None else created,
        "data": {"object": told},
    }


def signature(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    moment = int(time.time() if at is None else at)
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, moment)


def deliver(client, event: dict[str, Any], *, body: bytes | None = None, header: str | None = None):
    """One delivery; `body` and `header` replace what is right."""
    right = json.dumps(event).encode()
    return client.post(
        PATH,
        right if body is None else body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(right) if header is None else header},
    )


def completed(purchase, **fields) -> dict[str, Any]:
    session = {
        "id": f"cs_{purchase.pk}",
        "mode": "payment",
        "client_reference_id": str(purchase.pk),
        "metadata": {"purchase": str(purchase.pk)},
        "payment_intent": intent_of(purchase),
        "payment_status": "paid",
        "amount_subtotal": purchase.price_minor,
        "amount_total": purchase.price_minor,
        "currency": purchase.currency,
    }
    return event("checkout.session.completed", session | fields)


def succeeded(purchase, **fields) -> dict[str, Any]:
    intent = {
        "id": intent_of(purchase),
        "amount": purchase.price_minor,
        "amount_received": purchase.price_minor,
        "currency": purchase.currency,
        "metadata": {"purchase": str(purchase.pk)},
    }
    return event("payment_intent.succeeded", intent | fields)


def refunded(purchase, amount: int | None = None) -> dict[str, Any]:
    total = purchase.price_minor
    charge = {
        "id": f"ch_{purchase.pk}",
        "payment_intent": intent_of(purchase),
        "amount": total,
        "amount_refunded": total if amount is None else amount,
        "receipt_url": "https://receipts.example/1",
        "metadata": {"purchase": str(purchase.pk)},
    }
    return event("charge.refunded", charge)


def refund(purchase, number: str, amount: int, status: str = "succeeded") -> dict[str, Any]:
    told = {
        "id": f"re_{number}",
        "payment_intent": intent_of(purchase),
        "amount": amount,
        "status": status,
    }
    return event("refund.failed" if status == "failed" else "refund.created", told)


def dispute(purchase, status: str = "needs_response", amount: int | None = None) -> dict[str, Any]:
    told = {
        "id": f"dp_{purchase.pk}",
        "payment_intent": intent_of(purchase),
        "amount": purchase.price_minor if amount is None else amount,
        "status": status,
    }
    kind = "created" if status == "needs_response" else "closed"
    return event(f"charge.dispute.{kind}", told)


def invoice_paid(customer: str, price: str, number: str = "in_1", **fields) -> dict[str, Any]:
    invoice = {
        "id": number,
        "customer": customer,
        "billing_reason": "subscription_cycle",
        "amount_paid": 2_000,
        "subtotal": 2_000,
        "currency": "usd",
        "hosted_invoice_url": f"https://invoices.example/{number}",
        "lines": {"data": [{"pricing": {"price_details": {"price": price}}}]},
    }
    return event("invoice.paid", invoice | fields)


def invoice_payment(number: str = "in_1", intent: str = "pi_in_1") -> dict[str, Any]:
    payment = {"type": "payment_intent", "payment_intent": intent}
    return event("invoice_payment.paid", {"invoice": number, "payment": payment})


def subscription(
    customer: str, price: str, status: str = "active", created: int | None = None, **fields
) -> dict[str, Any]:
    told = {
        "id": f"sub_{customer}",
        "customer": customer,
        "status": status,
        "cancel_at_period_end": False,
        "items": {"data": [{"price": {"id": price}, "current_period_end": 1_802_000_000}]},
    }
    kind = "deleted" if status == "canceled" else "updated"
    return event(f"customer.subscription.{kind}", told | fields, created=created)


def intent_of(purchase) -> str:
    return f"pi_{purchase.pk}"
