"""The ledger as its owner reads it: entries with the balance after each, months, CSV."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.http import QueryDict

from accounts.models import User
from billing.amounts import to_text
from billing.models import LedgerEntry

Kind = LedgerEntry.Kind
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
        rows = rows.filter(created_at__year=month.year, created_at__month=month.month)
    if wishes.get("service"):
        rows = rows.filter(service=wishes["service"])
    if begin := _day(wishes.get("from", "")):
        rows = rows.filter(created_at__gte=begin)
    if end := _day(wishes.get("until", "")):
        rows = rows.filter(created_at__lt=end + timedelta(days=1))
    return rows.order_by("-pk")  # in the order of commits, since the account's row is locked


def services(user: User) -> list[str]:
    """Those that the account has used."""
    used = LedgerEntry.objects.filter(account__user=user).exclude(service="")
    return sorted(used.order_by().values_list("service", flat=True).distinct())


def months(user: User) -> list[Month]:
    """Newest first."""
    rows = (
        LedgerEntry.objects.filter(account__user=user)
        .annotate(month=TruncMonth("created_at", tzinfo=UTC))
        .values("month", "kind")
        .annotate(sum=Sum("amount"))
        .order_by("-month")
    )
    sums: dict[datetime, dict[str, int]] = {}
    for row in rows:
        sums.setdefault(row["month"], {})[row["kind"]] = row["sum"]
    return [_total(begins, by_kind) for begins, by_kind in sums.items()]


def csv_lines(rows: QuerySet[LedgerEntry]) -> Iterator[str]:
    """Line by line, so that years of entries need no memory."""
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADINGS)
    for entry in rows.iterator(chunk_size=1000):
        yield writer.writerow(_row(entry))


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
        return datetime.strptime(text, "%Y-%m")
    except ValueError:
        return None


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text
