"""What each type of Stripe event means for us. Prices and credits come from our own tables only.

`apply` returns why an event was ignored, or "" when it was not; it raises Disagreement, and
changes nothing, when an event contradicts what we sold.
"""

from typing import Any
from uuid import UUID

from billing import invoices, lost, purchases, subscriptions, top_ups
from billing.errors import Disagreement
from billing.gateway import is_live
from billing.models import Purchase

Object = dict[str, Any]


def apply(event: Object, *, restores: bool = False) -> str:
    """Call within a transaction; harmless when called again for the same event.

    `restores` makes anew what the database does not know since it was restored from a backup.
    """
    if event.get("livemode") is False and is_live():
        return "of Stripe's test mode, in which nobody pays"
    told, created = event["data"]["object"], event["created"]
    match event["type"]:
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
            return _session(told, restores)
        case "checkout.session.expired":
            return _ended(told, Purchase.Ending.EXPIRED)
        case "checkout.session.async_payment_failed":
            return _ended(told, Purchase.Ending.FAILED)
        case "payment_intent.succeeded":
            return _intent(told, restores)
        case "payment_intent.payment_failed":
            return _intent_failed(told)
        case "charge.succeeded" | "charge.updated" | "charge.refunded":
            return _charge(told)
        case "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated":
            return _refund(told)
        case (
            "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated"
        ):
            return _dispute(told, created)
        case "customer.created" if restores:
            return lost.customer(told)
        case "invoice.paid":
            return invoices.paid(told)
        case "invoice_payment.paid":
            return invoices.payment_told(told)
        case kind if kind.startswith("customer.subscription."):
            return subscriptions.tell(told, created)
    return "not a type that matters here"


def _session(session: Object, restores: bool) -> str:
    """A checkout that its customer completed; only one that is paid brings credits."""
    if session.get("mode") == "subscription":
        return ""  # invoice.paid grants, customer.subscription.* tells the plan
    purchase_id = _purchase_id(session)
    payment = (
        purchases.locked_payment(session["payment_intent"])
        if session.get("payment_intent")
        else None
    )
    purchase = purchases.locked(purchase_id) if purchase_id else None
    if purchase is None and purchase_id and restores:
        purchase = lost.purchase(purchase_id, session, session["amount_subtotal"])
    if purchase is None:
        return lost.NOT_HERE if purchase_id else "not a checkout of ours"
    _compare(purchase, session["amount_subtotal"], session["currency"])
    if payment:
        purchases.link(payment, purchase)
    if session["payment_status"] in ("paid", "no_payment_required"):
        purchases.pay(purchase, session["amount_total"])
    purchases.reconcile(purchase)
    return ""


def _ended(session: Object, ending: Purchase.Ending) -> str:
    purchase_id = _purchase_id(session)
    purchase = purchases.locked(purchase_id) if purchase_id else None
    if purchase is None:
        return "not a checkout of ours"
    purchases.end_unpaid(purchase, ending)
    return ""


def _intent(intent: Object, restores: bool) -> str:
    """Of a checkout it is only linked; of an automatic top-up it is the payment itself."""
    payment = purchases.locked_payment(intent["id"])
    purchase_id = _purchase_id(intent)
    purchase = purchases.locked(purchase_id) if purchase_id else None
    if purchase is None and purchase_id and restores and lost.is_top_up(intent):
        purchase = lost.purchase(purchase_id, intent, intent["amount"])
    if purchase is None:
        return lost.NOT_HERE if lost.is_top_up(intent) else "not a payment of ours"
    purchases.link(payment, purchase)
    if purchase.kind == Purchase.Kind.TOP_UP:
        _compare(purchase, intent["amount"], intent["currency"])
        purchases.pay(purchase, intent["amount_received"])
        top_ups.succeed(purchase)
    purchases.reconcile(purchase)
    return ""


def _intent_failed(intent: Object) -> str:
    purchase_id = _purchase_id(intent)
    purchase = purchases.locked(purchase_id) if purchase_id else None
    if purchase is None or purchase.kind != Purchase.Kind.TOP_UP:
        return "a checkout lets its customer try again"
    error = (intent.get("last_payment_error") or {}).get("message") or "The card was declined."
    top_ups.fail(purchase, error)
    return ""


def _charge(charge: Object) -> str:
    if not charge.get("payment_intent"):
        return "a charge without a payment intent is none of ours"
    payment = purchases.locked_payment(charge["payment_intent"])
    purchases.note_refunded_sum(payment, charge.get("amount_refunded") or 0)
    purchase_id = payment.purchase_id or _purchase_id(charge)
    purchase = purchases.locked(purchase_id) if purchase_id else None
    if purchase:
        purchases.link(payment, purchase)
        purchases.note_documents(purchase, receipt_url=charge.get("receipt_url") or "")
        purchases.reconcile(purchase)
    return ""


def _refund(refund: Object) -> str:
    if not refund.get("payment_intent"):
        return "a refund without a payment intent is none of ours"
    payment = purchases.locked_payment(refund["payment_intent"])
    has_failed = refund.get("status") in ("failed", "canceled")
    purchases.note_refund(payment, refund["id"], refund["amount"], has_failed=has_failed)
    return _reconciled(payment.purchase_id)


def _dispute(dispute: Object, created: int) -> str:
    if not dispute.get("payment_intent"):
        return "a dispute without a payment intent is none of ours"
    payment = purchases.locked_payment(dispute["payment_intent"])
    purchases.note_dispute(payment, dispute["id"], dispute["amount"], dispute["status"], created)
    return _reconciled(payment.purchase_id)


def _reconciled(purchase_id: UUID | None) -> str:
    """Where the purchase is not known yet, the fact waits on the payment's row."""
    purchase = purchases.locked(purchase_id) if purchase_id else None
    if purchase:
        purchases.reconcile(purchase)
    return ""


def _compare(purchase: Purchase, amount: int, currency: str) -> None:
    if (amount, currency.lower()) != (purchase.price_minor, purchase.currency):
        raise Disagreement(
            f"purchase {purchase.pk} costs {purchase.price_minor} {purchase.currency}, "
            f"but {amount} {currency} was told"
        )


def _purchase_id(told: Object) -> UUID | None:
    """Only a pointer to our own row; what is in it counts, not what else the metadata says."""
    text = told.get("client_reference_id") or (told.get("metadata") or {}).get("purchase")
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
