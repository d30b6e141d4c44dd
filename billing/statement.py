"""The ledger as its owner reads it: entries with the balance after each, CSV."""

import csv
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import User
from billing.amounts import to_text
from billing.models import LedgerEntry

Kind = LedgerEntry.Kind
ON_A_PAGE = 50
#: The kinds as their owner reads them on the page; the books', which programs read in the CSV, stay.
WORDS = {
    Kind.GRANT: "Granted",
    Kind.PURCHASE: "Bought",
    Kind.USAGE: "Picture",
    Kind.RELEASE: "Given back: no result",
    Kind.ADJUST: "Correction",
    Kind.SUBSCRIPTION: "Included in the plan",
    Kind.REFUND: "Taken back: refund",
    Kind.DISPUTE: "Taken back: dispute",
    Kind.REVERSAL: "Given back",
    Kind.EXPIRY: "Expired",
    Kind.DEBT: "Debt paid",
    Kind.RETURN: "Given back by support",
    Kind.METERED: "On the invoice",
}
HEADINGS = (
    "time", "kind", "credits", "balance after", "reason", "job", "purchase", "service",
)  # fmt: skip
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def entries(user: User, wishes: QueryDict | None = None) -> QuerySet[LedgerEntry]:
    """Newest first; `kind`, `service`, `month` (2026-11), and the days `from` and `until`, both
    included, narrow it; nonsense in them does not."""
    rows = LedgerEntry.objects.filter(account__user=user).select_related("purchase")
    wishes = wishes or QueryDict()
    if wishes.get("kind") in Kind.values:
        rows = rows.filter(kind=wishes["kind"])
    if month := _month(wishes.get("month", "")):
        last = month.replace(day=monthrange(month.year, month.month)[1])
        rows = rows.filter(created_at__gte=month, created_at__lte=_end_of(last))
    # PostgreSQL refuses the question where a null character is in it.
    if service := wishes.get("service", "").replace("\0", ""):
        rows = rows.filter(service=service)
    if begin := _day(wishes.get("from", "")):
        rows = rows.filter(created_at__gte=begin)
    if end := _day(wishes.get("until", "")):
        rows = rows.filter(created_at__lte=_end_of(end))
    return rows.order_by("-pk")  # in the order of commits, since the account's row is locked


def page(rows: QuerySet[LedgerEntry], number: str | None) -> Page[LedgerEntry]:
    """Its entries are looked up by their ids: what lies before them is counted off, not read."""
    pages: Paginator[Any] = Paginator(rows.values_list("pk", flat=True), ON_A_PAGE)
    found = pages.get_page(number)
    shown = LedgerEntry.objects.filter(pk__in=list(found.object_list)).order_by("-pk")
    return Page(list(shown.select_related("purchase")), found.number, pages)


def csv_lines(rows: QuerySet[LedgerEntry]) -> Iterator[str]:
    """Line by line, so that years of entries need no memory."""
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADINGS)
    for entry in rows.iterator(chunk_size=1000):
        yield writer.writerow(_row(entry))


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


def _end_of(day: datetime) -> datetime:
    """Its last moment; the last day that there is, in the year 9999, has none after it."""
    return datetime.combine(day, time.max, tzinfo=UTC)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text
