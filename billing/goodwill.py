"""Gives the credits of a delivered picture back to a customer, once, with a reason and a limit."""

from datetime import datetime, time
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from billing import credits
from billing.amounts import to_text
from billing.models import LedgerEntry, MeterEvent

Kind = LedgerEntry.Kind


class CannotReturn(Exception):
    """Says in a sentence why not; nothing moved."""


def return_credits(job: UUID, *, actor: User, reason: str, most_per_day: int | None) -> int:
    """The hundredths that went back. `most_per_day` is what `actor` may return; None for any."""
    usage = _usage_of(job)
    with transaction.atomic():
        if most_per_day is not None:
            _check_limit(actor, -usage.amount, most_per_day)
        if not credits.give_back(usage, reason=reason, actor=actor):
            raise CannotReturn("The credits of this job have been returned already.")
    return -usage.amount


def returned(job: UUID) -> LedgerEntry | None:
    return LedgerEntry.objects.filter(job=job, kind=Kind.RETURN).first()


def _usage_of(job: UUID) -> LedgerEntry:
    entries = {entry.kind: entry for entry in LedgerEntry.objects.filter(job=job)}
    usage = entries.get(Kind.USAGE)
    if usage is None:
        raise CannotReturn("This job cost nothing.")
    if Kind.RELEASE in entries:
        raise CannotReturn("The credits of this job went back when it failed.")
    if MeterEvent.objects.filter(job=job).exists():
        raise CannotReturn("This job is on the monthly invoice: credit it at the payment provider.")
    return usage


def _check_limit(actor: User, amount: int, most: int) -> None:
    # The row is locked so that two refunds at once cannot both find room for themselves; no_key, as what
    # else the actor does names the row, and would wait for it while it holds the customer's account.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    midnight = datetime.combine(timezone.now().date(), time.min, timezone.get_current_timezone())
    mine = LedgerEntry.objects.filter(actor=actor, kind=Kind.RETURN, created_at__gte=midnight)
    given: int = mine.aggregate(sum=Sum("amount"))["sum"] or 0
    if given + amount > most:
        raise CannotReturn(
            f"You may return {to_text(most)} credits a day and have returned {to_text(given)}; "
            f"this job cost {to_text(amount)}. Ask somebody of finance."
        )
