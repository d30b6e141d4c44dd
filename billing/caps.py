"""What a key may spend in a calendar month (UTC), and what it has spent."""

import datetime
from collections.abc import Collection
from typing import Any
from uuid import UUID

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
    return spent_by([api_key])[api_key.pk]


def spent_by(api_keys: Collection[ApiKey]) -> dict[UUID, int]:
    """The same for many, by their ids, in at most two queries."""
    month = _month(timezone.now())
    capped = [key.pk for key in api_keys if key.monthly_credit_cap_hundredths is not None]
    rows = KeySpend.objects.filter(api_key__in=capped, month=month)
    counted = dict(rows.values_list("api_key_id", "spent"))
    return counted | _charged_by([key.pk for key in api_keys if key.pk not in counted], month)


def _charged(api_key: ApiKey, month: datetime.date) -> int:
    return _charged_by([api_key.pk], month)[api_key.pk]


def _charged_by(keys: Collection[UUID], month: datetime.date) -> dict[UUID, int]:
    kinds = (LedgerEntry.Kind.USAGE, LedgerEntry.Kind.RELEASE, LedgerEntry.Kind.RETURN)
    begins = datetime.datetime.combine(month, datetime.time.min, datetime.UTC)
    rows = LedgerEntry.objects.filter(api_key__in=keys, kind__in=kinds, created_at__gte=begins)
    sums = dict(rows.order_by().values_list("api_key_id").annotate(sum=Sum("amount")))
    return {key: max(0, -sums.get(key, 0)) for key in keys}


def _month(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(datetime.UTC).date().replace(day=1)
