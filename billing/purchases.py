"""From facts about money to credits, whatever the order in which the facts become known.

Each fact is only recorded; then `reconcile` moves the ledger to what all facts known so far
demand. A refund that is heard of before its purchase is simply a fact that waits. Rows are locked
in one order everywhere: payment, purchase, its owner where a month begins, other months, account.
"""

from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from billing import credits
from billing.models import Dispute, LedgerEntry, Payment, Plan, Purchase, Refund
from billing.rollover import carry_over, give_back_expired, note_expired_later

Kind = LedgerEntry.Kind
#: States of a dispute, by how final they are; a later telling never goes back to an earlier one.
_FINALITY = {"won": 2, "lost": 2, "warning_closed": 2, "prevented": 2, "under_review": 1}
#: Those in which the money is not, or no longer, taken from us.
_HARMLESS = Q(status__in=("won", "prevented")) | Q(status__startswith="warning_")


def locked_payment(intent: str) -> Payment:
    Payment.objects.get_or_create(intent=intent)
    return Payment.objects.select_for_update().get(intent=intent)


def locked(purchase_id: UUID) -> Purchase | None:
    rows = Purchase.objects.select_for_update(of=("self",)).select_related("account__user")
    return rows.filter(pk=purchase_id).first()


def link(payment: Payment, purchase: Purchase) -> None:
    if payment.purchase_id is None:
        payment.purchase = purchase
        payment.save(update_fields=["purchase"])


def pay(purchase: Purchase, paid_minor: int) -> None:
    """Notes that it is paid; the first telling counts."""
    if purchase.paid_at is None:
        purchase.paid_at, purchase.paid_minor, purchase.ending = timezone.now(), paid_minor, ""
        purchase.save(update_fields=["paid_at", "paid_minor", "ending"])


def end_unpaid(purchase: Purchase, ending: Purchase.Ending) -> None:
    if purchase.paid_at is None:
        purchase.ending = ending
        purchase.save(update_fields=["ending"])


def note_documents(purchase: Purchase, *, invoice_url: str = "", receipt_url: str = "") -> None:
    """Not for who asked to be forgotten: on these pages stands a name."""
    if purchase.account.user.erasure_asked_at:
        return
    purchase.invoice_url = invoice_url or purchase.invoice_url
    purchase.receipt_url = receipt_url or purchase.receipt_url
    purchase.save(update_fields=["invoice_url", "receipt_url"])


def note_refunded_sum(payment: Payment, refunded_minor: int) -> None:
    """The sum only grows: a smaller one is an older telling, or says that a refund failed."""
    if refunded_minor > payment.refunded_minor:
        payment.refunded_minor = refunded_minor
        payment.save(update_fields=["refunded_minor"])


def note_refund(payment: Payment, refund_id: str, amount_minor: int, *, has_failed: bool) -> None:
    """A refund that once failed stays failed."""
    refund, _ = Refund.objects.get_or_create(
        id=refund_id, defaults={"payment": payment, "amount_minor": amount_minor}
    )
    if has_failed and not refund.has_failed:
        refund.has_failed = True
        refund.save(update_fields=["has_failed"])


def note_dispute(
    payment: Payment, dispute_id: str, amount_minor: int, status: str, told_at: int
) -> None:
    dispute, is_new = Dispute.objects.get_or_create(
        id=dispute_id,
        defaults={
            "payment": payment,
            "amount_minor": amount_minor,
            "status": status,
            "told_at": told_at,
        },
    )
    if is_new:
        return
    known = (_FINALITY.get(dispute.status, 0), dispute.told_at, dispute.status)
    if (_FINALITY.get(status, 0), told_at, status) > known:
        dispute.status, dispute.told_at, dispute.amount_minor = status, told_at, amount_minor
        dispute.save(update_fields=["status", "told_at", "amount_minor"])


def reconcile(purchase: Purchase) -> None:
    """Moves credits until the ledger says what the facts demand. The purchase's row is locked."""
    has_others = bool(purchase.expired_later)  # of few: what is due is worth asking only then
    months = give_back_expired(purchase, sum(_due(purchase))) if has_others else []
    to_come = sum(demanded(purchase)[1:]) - purchase.refunded - purchase.disputed
    if purchase.granted and to_come > 0:
        note_expired_later(purchase, to_come, lambda month: sum(_due(month)))
    granted, refunded, disputed = demanded(purchase)
    if granted > purchase.granted:
        carry_over(purchase)
        kind = Kind.SUBSCRIPTION if purchase.kind == Purchase.Kind.SUBSCRIPTION else Kind.PURCHASE
        _give(purchase, "granted", granted, kind, _name(purchase))
    # What is given back comes first: the share of the other may grow by it.
    changes = [("refunded", refunded, Kind.REFUND), ("disputed", disputed, Kind.DISPUTE)]
    changes.sort(key=lambda change: change[1] - getattr(purchase, change[0]))
    for column, target, kind in changes:
        if target < getattr(purchase, column):
            _give(purchase, column, target, Kind.REVERSAL, f"Given back: {_name(purchase)}")
        elif target > getattr(purchase, column):
            _take(purchase, column, target, kind)
    for month in filter(None, map(locked, months)):
        reconcile(month)


def demanded(purchase: Purchase) -> tuple[int, int, int]:
    """Hundredths to have been granted, taken back for refunds, taken back for disputes."""
    if purchase.paid_at is None:
        return 0, 0, 0
    return purchase.credits, *_not_expired(purchase, *_due(purchase))


def _due(purchase: Purchase) -> tuple[int, int]:
    """What refunds and disputes come to in credits, whether they are there still or not."""
    refunded = _share(purchase, refunded_minor(purchase))
    rows = Dispute.objects.filter(payment__purchase=purchase).exclude(_HARMLESS)
    disputed = _share(purchase, rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0)
    return refunded, min(disputed, purchase.credits - refunded)


def _not_expired(purchase: Purchase, refunded: int, disputed: int) -> tuple[int, int]:
    """What expired with its month is gone already: it is not taken from those of later months."""
    due = refunded + disputed
    to_take = max(min(due, purchase.taken_by_then), due - purchase.expired)
    return min(refunded, to_take), max(0, to_take - refunded)


def refunded_minor(purchase: Purchase) -> int:
    """Over all payments; a sum told by a charge may hold refunds that failed afterwards."""
    total = 0
    for payment in purchase.payments.all():  # which lists of purchases have fetched already
        refunds = payment.refunds.all()
        made = sum(refund.amount_minor for refund in refunds if not refund.has_failed)
        failed = sum(refund.amount_minor for refund in refunds if refund.has_failed)
        total += max(made, payment.refunded_minor - failed)
    return total


def _share(purchase: Purchase, minor: int) -> int:
    """Of the credits, rounded in the customer's favour."""
    if not purchase.paid_minor:
        return 0
    return purchase.credits * min(minor, purchase.paid_minor) // purchase.paid_minor


def _give(purchase: Purchase, column: str, target: int, kind: Kind, reason: str) -> None:
    amount = abs(target - getattr(purchase, column))
    key = _advance(purchase, column, target)
    credits.add(
        purchase.account, amount, kind=kind, key=key, reason=reason[:200], purchase=purchase
    )


def _take(purchase: Purchase, column: str, target: int, kind: Kind) -> None:
    amount, reason = target - getattr(purchase, column), _name(purchase)
    key = _advance(purchase, column, target)
    credits.take_back(
        purchase.account, amount, kind=kind, key=key, reason=reason[:200], purchase=purchase
    )


def _advance(purchase: Purchase, column: str, target: int) -> str:
    """Notes where the ledger stands, and the key under which it gets there."""
    setattr(purchase, column, target)
    purchase.movements += 1
    purchase.save(update_fields=[column, "movements"])
    return f"purchase:{purchase.pk}:{purchase.movements}"


def _name(purchase: Purchase) -> str:
    what: Plan | None = purchase.plan
    return what.name if what else purchase.pack.name if purchase.pack else str(purchase)
