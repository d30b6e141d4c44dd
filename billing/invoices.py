"""Paid invoices: a month of a plan brings its included credits, once for each invoice."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts.models import User
from billing import purchases
from billing.models import CreditAccount, Payment, Plan, Purchase, StripeCustomer

Object = dict[str, Any]
#: Why an invoice was made, where it begins a month. A change of plan in mid-month brings none.
_BEGINNINGS = ("subscription_create", "subscription_cycle")


def paid(invoice: Object) -> str:
    """Locks in purchases' order: payments first, since one may have been refunded already."""
    payments = [purchases.locked_payment(intent) for intent in sorted(_intents(invoice))]
    if invoice.get("billing_reason") not in _BEGINNINGS:
        return _document(invoice)
    plan = _plan(invoice)
    owner = StripeCustomer.objects.filter(customer=invoice.get("customer") or "").first()
    if plan is None or owner is None:
        return "not an invoice of a plan and customer of ours"
    purchase = _month(invoice, plan, owner.user)
    if purchase is None:
        return "the plan includes no credits"
    _settle(purchase, payments, invoice)
    return ""


def payment_told(invoice_payment: Object) -> str:
    """Links a payment to its invoice, which alone does not always name it."""
    intent = (invoice_payment.get("payment") or {}).get("payment_intent")
    if not intent:
        return "not paid by a payment intent"
    payment = purchases.locked_payment(_id(intent))
    invoice_id = _id(invoice_payment["invoice"])
    Payment.objects.filter(pk=payment.pk, invoice="").update(invoice=invoice_id)
    known = Purchase.objects.filter(invoice=invoice_id).values_list("pk", flat=True).first()
    if known and (purchase := purchases.locked(known)):
        purchases.link(payment, purchase)
        purchases.reconcile(purchase)
    return ""


def link_strays() -> int:
    """Joins payments and invoices whose events were processed at one moment, each unseen by the other."""
    months = Purchase.objects.filter(invoice=OuterRef("invoice")).values("pk")[:1]
    strays = (
        Payment.objects.filter(purchase=None).exclude(invoice="").annotate(month=Subquery(months))
    )
    found = list(strays.filter(month__isnull=False).values_list("pk", "month"))
    for intent, month in found:
        with transaction.atomic():
            payment, purchase = purchases.locked_payment(intent), purchases.locked(month)
            if purchase:
                purchases.link(payment, purchase)
                purchases.reconcile(purchase)
    return len(found)


def _settle(purchase: Purchase, payments: list[Payment], invoice: Object) -> None:
    for payment in payments:
        purchases.link(payment, purchase)
    url = invoice.get("hosted_invoice_url") or ""
    purchases.note_documents(purchase, invoice_url=url)
    purchases.pay(purchase, invoice["amount_paid"])
    purchases.reconcile(purchase)


def _month(invoice: Object, plan: Plan, user: User) -> Purchase | None:
    """The purchase of this invoice, locked; None where there is nothing to grant."""
    known = Purchase.objects.filter(invoice=invoice["id"]).first()
    if known is None and plan.included_credits == 0:
        return None
    if known is None:
        account, _ = CreditAccount.objects.get_or_create(user=user)
        known, _ = Purchase.objects.get_or_create(
            invoice=invoice["id"],
            defaults={
                "account": account,
                "kind": Purchase.Kind.SUBSCRIPTION,
                "plan": plan,
                "credits": plan.included_credits,
                # Below zero where what is left of a larger plan pays for more than this month.
                "price_minor": max(0, invoice.get("subtotal") or 0),
                "currency": invoice["currency"],
            },
        )
    return purchases.locked(known.pk)


def _document(invoice: Object) -> str:
    """The invoice that Stripe made for a pack: nothing but a link to show."""
    text = (invoice.get("metadata") or {}).get("purchase")
    try:
        purchase = purchases.locked(UUID(text)) if text else None
    except ValueError:
        purchase = None
    if purchase is None:
        return "not the beginning of a plan's month"
    purchases.note_documents(purchase, invoice_url=invoice.get("hosted_invoice_url") or "")
    return ""


def _plan(invoice: Object) -> Plan | None:
    lines = (invoice.get("lines") or {}).get("data") or []
    prices = [price for line in lines if (price := _price(line))]
    return Plan.objects.filter(stripe_price__in=prices).first()


def _price(line: Object) -> str:
    """Where the price stands differs between versions of Stripe's API; lines of proration bring none."""
    details = ((line.get("parent") or {}).get("subscription_item_details")) or {}
    if line.get("proration") or details.get("proration"):
        return ""
    pricing = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
    found = pricing or line.get("price")
    return _id(found) if found else ""


def _intents(invoice: Object) -> set[str]:
    told = [invoice.get("payment_intent")]
    for item in (invoice.get("payments") or {}).get("data") or []:
        told.append((item.get("payment") or {}).get("payment_intent"))
    known = Payment.objects.filter(invoice=invoice["id"]).values_list("pk", flat=True)
    return {_id(intent) for intent in told if intent} | set(known)


def _id(told: Any) -> str:
    """Of an object that stands there whole or as its id."""
    return str(told["id"] if isinstance(told, dict) else told)
