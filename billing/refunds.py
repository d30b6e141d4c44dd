"""Refunds that the staff ask of Stripe: of one purchase one at a time, by numbers that still hold.

Stripe refuses no more than what exceeds the payment: a part of it, asked for by two, goes back twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from billing import purchases
from billing.amounts import price_text
from billing.errors import RefundedElsewhere
from billing.gateway import gateway
from billing.models import Purchase

#: Longer than Stripe is asked, with every retry.
HOLD = timedelta(minutes=2)


@dataclass(frozen=True)
class Wish:
    """Sent twice with the same key it is one refund. `told_left`: what the page said was left."""

    amount_minor: int
    reason: str
    key: str
    told_left: int | None


def left_minor(purchase: Purchase) -> int | None:
    """What was paid and not refunded, as far as Stripe told; None before it told of a payment."""
    if purchase.paid_minor is None:
        return None
    return max(0, purchase.paid_minor - purchases.refunded_minor(purchase))


def refund(purchase: Purchase, wish: Wish) -> str:
    """The refund's id; what it comes to in credits is taken back. Raises PaymentError."""
    with _alone(purchase):
        _check(purchase, wish.told_left)
        made = gateway().refund(purchase, wish.amount_minor, wish.reason, f"refund:{wish.key}")
        _note(purchase, made, wish.amount_minor)
    return made


def _check(purchase: Purchase, told_left: int | None) -> None:
    left = left_minor(purchase)
    if told_left is None or left is None or left == told_left:
        return
    still = price_text(left, purchase.currency)
    raise RefundedElsewhere(
        f"Nothing was refunded now: since the page was opened, somebody refunded a part, and {still} is "
        "left. Begin anew if there is more to refund."
    )


def _note(purchase: Purchase, refund_id: str, amount_minor: int) -> None:
    """At once, since whoever looks next goes by it; its event tells the same."""
    payment = purchase.payments.first()
    if payment is None:
        return
    with transaction.atomic():
        purchases.note_refund(
            purchases.locked_payment(payment.pk), refund_id, amount_minor, has_failed=False
        )
        if row := purchases.locked(purchase.pk):
            purchases.reconcile(row)


@contextmanager
def _alone(purchase: Purchase) -> Iterator[None]:
    """By a mark with an end, as no lock of the database should be held while Stripe is asked."""
    row = Purchase.objects.filter(pk=purchase.pk)
    now = timezone.now()
    until = now + HOLD
    free = Q(refunding_until=None) | Q(refunding_until__lt=now)
    if not row.filter(free).update(refunding_until=until):
        raise RefundedElsewhere(
            "Nothing was refunded now: another refund of this purchase is just being made. "
            "Look at what is left in a minute."
        )
    try:
        yield
    finally:
        row.filter(refunding_until=until).update(refunding_until=None)
