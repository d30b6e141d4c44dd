"""The ledger summed by month, and the services in it, over however many entries."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

from django.core.cache import cache
from django.db.models import QuerySet, Sum
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.utils import timezone

from accounts.models import User
from billing.calendar import MonthOf
from billing.models import CreditAccount, LedgerEntry
from billing.models.ledger import MOVES

Kind = LedgerEntry.Kind
Entries: TypeAlias = QuerySet[LedgerEntry]
_DAY = timedelta(days=1)
_MONTH = MonthOf("created_at")
_OF_USAGE = (Kind.USAGE, Kind.RELEASE, Kind.RETURN)


@dataclass(frozen=True)
class Month:
    """Hundredths that came, that pictures used, that left otherwise, within a calendar month (UTC)."""

    begins: datetime
    added: int
    used: int
    taken: int


@dataclass(frozen=True)
class Summary:
    """The months newest first, and the services that the account has used."""

    months: list[Month]
    services: list[str]


class _Sum(NamedTuple):
    """Hundredths that the entries of a month, a kind and a service (or none) come to."""

    begins: datetime
    kind: str
    service: str
    amount: int


def summary(user: User) -> Summary:
    account: CreditAccount | None = getattr(user, "credit_account", None)
    sums = _sums(account) if account else []
    return Summary(_months(sums), sorted({part.service for part in sums if part.service}))


def _sums(account: CreditAccount) -> list[_Sum]:
    """Nothing is ever added to a day that is over: the past months are summed once a month, the past
    days of this month once a day, and only what is left for each page."""
    # Transactions that began before midnight may end after it.
    day = _midnight(timezone.now() - _DAY)
    month = day.replace(day=1)
    rows = LedgerEntry.objects.filter(account=account)
    past = rows.filter(MOVES, created_at__lt=day)
    months, days = (
        past.filter(LessThan(_MONTH, month)),
        past.filter(GreaterThanOrEqual(_MONTH, month)),
    )
    return [
        *_once(account, f"months:{month:%Y-%m}", months, 32 * _DAY),
        *_once(account, f"days:{day:%Y-%m-%d}", days, _DAY),
        *_summed(rows.filter(created_at__gte=day)),
    ]


def _once(account: CreditAccount, past: str, rows: Entries, kept: timedelta) -> list[_Sum]:
    key = f"statement:{account.pk}:{account.created_at.timestamp()}:{past}"
    return cache.get_or_set(key, lambda: _summed(rows), kept.total_seconds()) or []


def _summed(rows: Entries) -> list[_Sum]:
    # Ordered as the index is, or PostgreSQL would hash.
    by_month = rows.annotate(month=_MONTH).order_by("month", "kind", "service")
    sums = by_month.values("month", "kind", "service").annotate(sum=Sum("amount"))
    return [_Sum(*values) for values in sums.values_list("month", "kind", "service", "sum")]


def _months(sums: Iterable[_Sum]) -> list[Month]:
    by_month: dict[datetime, Counter[str]] = {}
    for part in sums:
        by_month.setdefault(part.begins, Counter())[part.kind] += part.amount
    return [_month(begins, by_month[begins]) for begins in sorted(by_month, reverse=True)]


def _month(begins: datetime, by_kind: Counter[str]) -> Month:
    used = -sum(by_kind[kind] for kind in _OF_USAGE)
    others = [amount for kind, amount in by_kind.items() if kind not in _OF_USAGE]
    added = sum(amount for amount in others if amount > 0)
    taken = -sum(amount for amount in others if amount < 0)
    return Month(begins, added, used, taken)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
