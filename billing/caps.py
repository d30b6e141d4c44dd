"""What a key may spend in a calendar month (UTC), and what it has spent."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.dispatch import receiver
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey
from billing.errors import KeyCapReached
from billing.models import KeySpend, LedgerEntry


def spend(api_key: ApiKey, amount: int) -> None:
    """Call within the transaction that takes the credits. Raises KeyCapReached, having moved nothing."""
    cap = api_key.monthly_credit_cap_hundredths or 0
    month = _month(timezone.now())
    begin: dict[str, Any] = {"spent": lambda: _charged(api_key, month)}  # asked only when new
    KeySpend.objects.get_or_create(
        # A cap set within the month counts what the key spent before.
        api_key=api_key,
        month=month,
        defaults=begin,
    )
    fits = KeySpend.objects.filter(api_key=api_key, month=month, spent__lte=cap - amount)
    if not fits.update(spent=F("spent") + amount):
        raise KeyCapReached


def allows(api_key: ApiKey, amount: int) -> bool:
    """Whether the key may spend that much now."""
    cap = api_key.monthly_credit_cap_hundredths
    return cap is None or spent(api_key) + amount <= cap


@receiver(keys.changed, dispatch_uid="count of the month")
def recount(sender: ApiKey, **_kwargs: Any) -> None:
    """Where the cap of a key was cleared and is set again, nobody counted in between."""
    month = _month(timezone.now())
    with transaction.atomic():
        # Locked first: whoever spends by the row holds it until the ledger tells so too.
        for row in KeySpend.objects.select_for_update().filter(api_key=sender, month=month):
            row.spent = _charged(sender, month)
            row.save(update_fields=["spent"])


def give_back(usage: LedgerEntry) -> None:
    """Counts back in the month it was spent in; no row means that the key has had no cap since."""
    KeySpend.objects.filter(
        api_key_id=usage.api_key_id, month=_month(usage.created_at), spent__gte=-usage.amount
    ).update(spent=F("spent") + usage.amount)


def spent(api_key: ApiKey) -> int:
    """Hundredths this month, as the cap counts them."""
    month = _month(timezone.now())
    is_capped = api_key.monthly_credit_cap_hundredths is not None
    row = KeySpend.objects.filter(api_key=api_key, month=month).first() if is_capped else None
    return row.spent if row else _charged(api_key, month)


def _charged(api_key: ApiKey, month: datetime.date) -> int:
    kinds = (LedgerEntry.Kind.USAGE, LedgerEntry.Kind.RELEASE, LedgerEntry.Kind.RETURN)
    begins = datetime.datetime.combine(month, datetime.time.min, datetime.UTC)
    rows = LedgerEntry.objects.filter(api_key=api_key, kind__in=kinds, created_at__gte=begins)
    return max(0, -(rows.aggregate(sum=Sum("amount"))["sum"] or 0))


def _month(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(datetime.UTC).date().replace(day=1)
