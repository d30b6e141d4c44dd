"""The ledger as its owner reads it: entries with the balance after each, months, CSV."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.db.models.sql.compiler import SQLCompiler
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from billing.amounts import to_text
from billing.models import CreditAccount, LedgerEntry

Kind = LedgerEntry.Kind
ON_A_PAGE = 50
T = TypeVar("T")
Entries: TypeAlias = QuerySet[LedgerEntry]
_KEPT_SECONDS = 86_400
HEADINGS = (
    "time", "kind", "credits", "balance after", "reason", "job", "purchase", "service",
)  # fmt: skip
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_OF_USAGE = (Kind.USAGE, Kind.RELEASE, Kind.RETURN)


@dataclass(frozen=True)
class Month:
    """Hundredths that came, that pictures used, that left otherwise, within a calendar month (UTC)."""

    begins: datetime
    added: int
    used: int
    taken: int


def entries(user: User, wishes: QueryDict | None = None) -> QuerySet[LedgerEntry]:
    """Newest first; `kind`, `service`, `month` (2026-11), and the days `from` and `until`, both
    included, narrow it; nonsense in them does not."""
    rows = LedgerEntry.objects.filter(account__user=user).select_related("purchase")
    wishes = wishes or QueryDict()
    if wishes.get("kind") in Kind.values:
        rows = rows.filter(kind=wishes["kind"])
    if month := _month(wishes.get("month", "")):
        after = (month + timedelta(days=31)).replace(day=1)
        rows = rows.filter(created_at__gte=month, created_at__lt=after)
    if wishes.get("service"):
        rows = rows.filter(service=wishes["service"])
    if begin := _day(wishes.get("from", "")):
        rows = rows.filter(created_at__gte=begin)
    if end := _day(wishes.get("until", "")):
        rows = rows.filter(created_at__lt=end + timedelta(days=1))
    return rows.order_by("-pk")  # in the order of commits, since the account's row is locked


def page(rows: QuerySet[LedgerEntry], number: str | None) -> Page[LedgerEntry]:
    """Its entries are looked up by their ids: what lies before them is counted off, not read."""
    pages: Paginator[Any] = Paginator(rows.values_list("pk", flat=True), ON_A_PAGE)
    found = pages.get_page(number)
    shown = LedgerEntry.objects.filter(pk__in=list(found.object_list)).order_by("-pk")
    return Page(list(shown.select_related("purchase")), found.number, pages)


def services(user: User) -> list[str]:
    """Those that the account has used."""
    return sorted(set(_with_closed_months(user, _services_in)))


def months(user: User) -> list[Month]:
    """Newest first."""
    sums: dict[datetime, dict[str, int]] = {}
    for begins, kind, amount in _with_closed_months(user, _sums_in):
        sums.setdefault(begins, {})[kind] = amount
    return [_total(begins, sums[begins]) for begins in sorted(sums, reverse=True)]


def csv_lines(rows: QuerySet[LedgerEntry]) -> Iterator[str]:
    """Line by line, so that years of entries need no memory."""
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADINGS)
    for entry in rows.iterator(chunk_size=1000):
        yield writer.writerow(_row(entry))


def _with_closed_months(user: User, look: Callable[[Entries], Iterable[T]]) -> list[T]:
    """What `look` finds; nothing is ever added to a month that is over, so it is looked at once."""
    account: CreditAccount | None = getattr(user, "credit_account", None)
    if account is None:
        return []
    # Transactions that began before midnight may end after it.
    begins = _month_of(timezone.now() - timedelta(days=1))
    rows = LedgerEntry.objects.filter(account=account)
    key = f"statement:{look.__name__}:{account.pk}:{account.created_at.timestamp()}:{begins:%Y-%m}"
    closed = cache.get_or_set(
        key, lambda: list(look(rows.filter(created_at__lt=begins))), _KEPT_SECONDS
    )
    return [*(closed or []), *look(rows.filter(created_at__gte=begins))]


def _services_in(rows: Entries) -> Iterable[str]:
    return rows.exclude(service="").values_list("service", flat=True).distinct()


def _sums_in(rows: Entries) -> Iterable[tuple[datetime, str, int]]:
    by_month = rows.annotate(month=_MonthOf("created_at", tzinfo=UTC)).values("month", "kind")
    return by_month.annotate(sum=Sum("amount")).values_list("month", "kind", "sum")


def _month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _total(begins: datetime, by_kind: dict[str, int]) -> Month:
    used = -sum(by_kind.get(kind, 0) for kind in _OF_USAGE)
    others = {kind: sum for kind, sum in by_kind.items() if kind not in _OF_USAGE}
    added = sum(amount for amount in others.values() if amount > 0)
    taken = -sum(amount for amount in others.values() if amount < 0)
    return Month(begins, added, used, taken)


def _row(entry: LedgerEntry) -> list[str]:
    return [
        entry.created_at.astimezone(UTC).isoformat(timespec="seconds"),
        entry.get_kind_display(),
        to_text(entry.amount),
        to_text(entry.balance_after),
        _harmless(entry.reason),
        str(entry.job or ""),
        str(entry.purchase_id or ""),
        entry.service,
    ]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _month(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return None


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


class _MonthOf(TruncMonth):
    """On SQLite, Django would call a function of its own for every entry."""

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any
    ) -> tuple[str, Any]:
        column, params = compiler.compile(self.lhs)
        return f"SUBSTR({column}, 1, 7) || '-01 00:00:00'", params


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text
