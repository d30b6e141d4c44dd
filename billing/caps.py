"""What a key may spend in a calendar month (UTC), and what it has spent.

A rolled key and its successors count as one, under the id of the first: a roll begins no month anew.
"""

import datetime
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.dispatch import receiver
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey
from billing.errors import KeyCapReached
from billing.models import KeySpend, LedgerEntry


def spend(api_key: ApiKey, amount: int) -> None:
    """Call within the transaction that takes the credits. Raises KeyCapReached, having moved nothing."""
    cap, month = api_key.monthly_credit_cap_hundredths, _month(timezone.now())
    if cap is None:
        _count_beside(api_key, amount, month)
        return
    begin: dict[str, Any] = {"spent": lambda: _charged(api_key, month)}  # asked only when new
    KeySpend.objects.get_or_create(
        # A cap set within the month counts what the key spent before.
        api_key_id=api_key.counted_as,
        month=month,
        defaults=begin,
    )
    fits = _rows(api_key, month).filter(spent__lte=cap - amount)
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
        for row in _rows(sender, month).select_for_update():
            row.spent = _charged(sender, month)
            row.save(update_fields=["spent"])


def give_back(usage: LedgerEntry) -> None:
    """Counts back in the month it was spent in; no row means that the key has had no cap since."""
    if usage.api_key is None:
        return
    rows = _rows(usage.api_key, _month(usage.created_at)).filter(spent__gte=-usage.amount)
    rows.update(spent=F("spent") + usage.amount)


def spent(api_key: ApiKey) -> int:
    """Hundredths this month, as the cap counts them."""
    return spent_by([api_key])[api_key.pk]


def spent_by(api_keys: Collection[ApiKey]) -> dict[UUID, int]:
    """The same for many, by their ids, in at most three queries."""
    month = _month(timezone.now())
    capped = [key.counted_as for key in api_keys if key.monthly_credit_cap_hundredths is not None]
    rows = KeySpend.objects.filter(api_key__in=capped, month=month)
    counted = dict(rows.values_list("api_key_id", "spent"))
    counted |= _charged_by([key for key in api_keys if key.counted_as not in counted], month)
    return {key.pk: counted[key.counted_as] for key in api_keys}


def _count_beside(api_key: ApiKey, amount: int, month: datetime.date) -> None:
    """Spent without a cap, while a key that counts with this one may have one."""
    if api_key.spends_as or api_key.revoked_at:
        _rows(api_key, month).update(spent=F("spent") + amount)


def _rows(api_key: ApiKey, month: datetime.date) -> QuerySet[KeySpend]:
    return KeySpend.objects.filter(api_key=api_key.counted_as, month=month)


def _charged(api_key: ApiKey, month: datetime.date) -> int:
    return _charged_by([api_key], month)[api_key.counted_as]


def _charged_by(api_keys: Collection[ApiKey], month: datetime.date) -> dict[UUID, int]:
    """By the ids under which they count, as the ledger tells."""
    firsts = {key.counted_as: key.counted_as for key in api_keys}
    successors = ApiKey.objects.filter(user__in={key.user_id for key in api_keys})
    rolled = successors.filter(spends_as__in=firsts).order_by().values_list("pk", "spends_as")
    counted_as = firsts | {pk: first for pk, first in rolled if first}
    kinds = (LedgerEntry.Kind.USAGE, LedgerEntry.Kind.RELEASE, LedgerEntry.Kind.RETURN)
    begins = datetime.datetime.combine(month, datetime.time.min, datetime.UTC)
    rows = LedgerEntry.objects.filter(
        api_key__in=counted_as, kind__in=kinds, created_at__gte=begins
    )
    totals = dict.fromkeys(firsts, 0)
    for pk, amount in rows.order_by().values_list("api_key_id").annotate(sum=Sum("amount")):
        totals[counted_as[pk]] -= amount
    return {first: max(0, total) for first, total in totals.items()}


def _month(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(datetime.UTC).date().replace(day=1)
