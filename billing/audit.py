"""Proves that the books are right: each law is one query, so that it sees one moment.

Other packages add laws about what only they know, such as which jobs were completed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, Lag

from billing import purchases
from billing.models import CreditAccount, DebtEntry, LedgerEntry, Purchase


@dataclass(frozen=True)
class Discrepancy:
    """A law that does not hold for somebody or something; amounts in hundredths."""

    law: str
    subject: str
    expected: int
    found: int


Law = Callable[[], Iterator[Discrepancy]]
_laws: list[Law] = []


def law(check: Law) -> Law:
    """Adds a law to those that the audit proves."""
    if check not in _laws:
        _laws.append(check)
    return check


def discrepancies() -> list[Discrepancy]:
    """Empty when the books are right."""
    return [found for check in _laws for found in check()]


@law
def balances_are_sums() -> Iterator[Discrepancy]:
    rows = CreditAccount.objects.annotate(sum=_sum(LedgerEntry, "account", "amount"))
    for row in _unequal(rows, "balance"):
        yield Discrepancy("balance = sum of the ledger", row[0], row[1], row[2])


@law
def entries_tell_the_balance_they_led_to() -> Iterator[Discrepancy]:
    """An account's entries are written one at a time, so their order is that of their numbers."""
    before = Window(
        Lag("balance_after", default=0), partition_by=F("account"), order_by=F("pk").asc()
    )
    rows = LedgerEntry.objects.annotate(before=before).annotate(due=F("before") + F("amount"))
    wrong = rows.exclude(balance_after=F("due"))
    for pk, due, found in wrong.values_list("pk", "due", "balance_after"):
        yield Discrepancy("balance after = before + amount", f"entry {pk}", due, found)


@law
def debts_are_sums() -> Iterator[Discrepancy]:
    rows = CreditAccount.objects.annotate(sum=_sum(DebtEntry, "account", "amount"))
    for row in _unequal(rows, "debt"):
        yield Discrepancy("debt = sum of its entries", row[0], row[1], row[2])


@law
def nobody_has_both() -> Iterator[Discrepancy]:
    rows = CreditAccount.objects.filter(balance__gt=0, debt__gt=0)
    for email, balance, debt in rows.values_list("user__email", "balance", "debt"):
        yield Discrepancy("no debt beside a balance", email, balance, debt)


@law
def purchases_are_in_the_ledger() -> Iterator[Discrepancy]:
    moved = LedgerEntry.objects.exclude(kind=LedgerEntry.Kind.EXPIRY)
    rows = Purchase.objects.annotate(
        sum=_sum(LedgerEntry, "purchase", "amount", moved) - _sum(DebtEntry, "purchase", "amount"),
        kept=F("granted") - F("refunded") - F("disputed"),
    ).exclude(kept=F("sum"))
    for pk, kept, found in rows.values_list("pk", "kept", "sum"):
        yield Discrepancy("purchase = its entries and debts", str(pk), kept, found)


@law
def purchases_are_what_the_facts_demand() -> Iterator[Discrepancy]:
    """Looks twice, the second time under the row's lock: facts may come while it looks."""
    for pk in Purchase.objects.values_list("pk", flat=True).iterator():
        purchase = Purchase.objects.get(pk=pk)
        if _is_as_demanded(purchase):
            continue
        with transaction.atomic():
            locked = purchases.locked(pk)
            if locked and not _is_as_demanded(locked):
                granted, refunded, disputed = purchases.demanded(locked)
                net = granted - refunded - disputed
                yield Discrepancy("purchase = what was paid", str(pk), net, locked.net)


def _is_as_demanded(purchase: Purchase) -> bool:
    stands = (purchase.granted, purchase.refunded, purchase.disputed)
    return stands == purchases.demanded(purchase)


def _sum(
    model: type[LedgerEntry] | type[DebtEntry],
    owner: str,
    column: str,
    rows: QuerySet[LedgerEntry] | None = None,
) -> Coalesce:
    """By subquery: two joined sums would multiply each other's rows."""
    every = (model._default_manager.all() if rows is None else rows).order_by()
    mine = every.filter(**{owner: OuterRef("pk")}).values(owner)
    total = mine.annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(total), 0, output_field=BigIntegerField())


def _unequal(rows: QuerySet[CreditAccount], column: str) -> list[tuple[str, int, int]]:
    wrong = rows.exclude(**{column: F("sum")})
    return list(wrong.values_list("user__email", "sum", column))
