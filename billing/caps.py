"""What a key may spend in a calendar month (UTC), and what it has spent."""

import datetime
from typing import Any

from django.db.models import F, Sum
from django.utils import timezone

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


def give_back(usage: LedgerEntry) -> None:
    """Counts back in the month it was spent in; no row means the key had no cap then."""
    KeySpend.objects.filter(
        api_key_id=usage.api_key_id, month=_month(usage.created_at), spent__gte=-usage.amount
    ).update(spent=F("spent") + usage.amount)


def spent(api_key: ApiKey) -> int:
    """Hundredths this month, as the cap counts them."""
    month = _month(timezone.now())
    row = KeySpend.objects.filter(api_key=api_key, month=month).first()
    return row.spent if row else _charged(api_key, month)


def _charged(api_key: ApiKey, month: datetime.date) -> int:
    kinds = (LedgerEntry.Kind.USAGE, LedgerEntry.Kind.RELEASE, LedgerEntry.Kind.RETURN)
    begins = datetime.datetime.combine(month, datetime.time.min, datetime.UTC)
    rows = LedgerEntry.objects.filter(api_key=api_key, kind__in=kinds, created_at__gte=begins)
    return max(0, -(rows.aggregate(sum=Sum("amount"))["sum"] or 0))


def _month(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(datetime.UTC).date().replace(day=1)
