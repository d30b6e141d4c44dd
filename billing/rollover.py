"""What is left of a plan's credits when the next month begins: kept up to a cap, the rest expires.

Pictures use the plan's credits before bought ones, and whatever else takes credits takes the plan's
where nothing else is left. What comes is bought, but for the month itself: so bought credits never
expire.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from accounts.models import User
from billing import credits
from billing.models import CreditAccount, LedgerEntry, Purchase

Kind = LedgerEntry.Kind
_OF_USE = (Kind.USAGE, Kind.RELEASE, Kind.METERED)


def carry_over(purchase: Purchase) -> None:
    """Call before a month's credits are granted; does nothing for other purchases."""
    if purchase.kind != Purchase.Kind.SUBSCRIPTION or purchase.plan is None:
        return
    # One month of an account begins at a time, so that the latest is known before the account is locked.
    owners = User.objects.select_for_update(no_key=True, of=("self",))
    owners.get(credit_account=purchase.account_id)
    month = _locked_month(purchase.account_id)
    # Locked before the sums are read: a picture between them would be counted as unused.
    account = CreditAccount.objects.select_for_update().get(pk=purchase.account_id)
    left = _left_of(month) if month else 0
    cap = purchase.plan.rollover_cap
    purchase.carried = left if cap is None else min(left, cap)
    purchase.save(update_fields=["carried"])
    if month and left > purchase.carried:
        gone = left - purchase.carried
        _note_expired(month.purchase, gone)
        credits.expire(account, gone, key=f"expiry:{purchase.pk}", purchase=purchase)


def note_expired_later(purchase: Purchase, to_take: int, due_of: Callable[[Purchase], int]) -> None:
    """Call before so many hundredths are taken of a month: those that rolled over into a later one, and
    expired with that, are gone as well. Whatever expired counts once, for whose refund comes first."""
    if purchase.kind != Purchase.Kind.SUBSCRIPTION:
        return
    path: list[Purchase] = []
    for month in _locked_after(purchase):
        path.append(month)
        to_take = min(to_take, month.carried)
        for_itself = max(0, due_of(month) - month.taken_by_then)
        if found := min(to_take, max(0, month.expired - for_itself)):
            _move_expired(found, purchase, path)
            to_take -= found


def give_back_expired(purchase: Purchase, due: int) -> list[UUID]:
    """Call when only so many hundredths are to be taken of a month, be it that a refund failed or a
    dispute was won: what expired later than it, and is not needed for that, counts for the later months
    again. Those for which it does, locked, which have to be reconciled as well."""
    spare = purchase.expired - max(0, due - purchase.taken_by_then)
    moved: list[list[Any]] = list(purchase.expired_later or [])
    if spare <= 0:
        return []
    later = _locked_after(purchase)
    changed: list[UUID] = []
    while spare > 0 and moved:
        last, amount = moved.pop()
        back = min(spare, amount)
        if back < amount:
            moved.append([last, amount - back])
        path = later[: [str(month.pk) for month in later].index(last) + 1]
        _move(-back, purchase, path)
        changed.append(path[-1].pk)
        spare -= back
    purchase.expired_later = moved
    purchase.save(update_fields=["expired_later"])
    return changed


def _move_expired(amount: int, purchase: Purchase, path: list[Purchase]) -> None:
    """From the last month of the path, and off what had rolled over into each, so that no other refund
    finds the same. All of these are over: what their own next month begins with is settled."""
    if not purchase.expired:
        purchase.taken_by_then = purchase.refunded + purchase.disputed
    purchase.expired_later = [*(purchase.expired_later or []), [str(path[-1].pk), amount]]
    purchase.save(update_fields=["taken_by_then", "expired_later"])
    _move(amount, purchase, path)


def _move(amount: int, purchase: Purchase, path: list[Purchase]) -> None:
    """Below zero: back again."""
    purchase.expired += amount
    purchase.save(update_fields=["expired"])
    path[-1].expired -= amount
    for month in path:
        month.carried -= amount
        month.save(update_fields=["expired", "carried"])


def _locked_after(purchase: Purchase) -> list[Purchase]:
    """The later months that were granted, in their order, in which all lock them."""
    grants = LedgerEntry.objects.filter(account=purchase.account_id, kind=Kind.SUBSCRIPTION)
    own = grants.filter(purchase=purchase).values_list("pk", flat=True).first()
    later = grants.filter(pk__gt=own or 0).exclude(purchase=None).order_by("pk")
    rows = Purchase.objects.select_for_update()
    return [rows.get(pk=pk) for pk in later.values_list("purchase", flat=True)]


def _locked_month(account_id: int) -> LedgerEntry | None:
    """The grant of the latest month, with its purchase locked: before the account, as everywhere."""
    grants = LedgerEntry.objects.filter(account=account_id, kind=Kind.SUBSCRIPTION)
    month = grants.exclude(purchase=None).order_by("-pk").first()
    if month and month.purchase_id:
        month.purchase = Purchase.objects.select_for_update().get(pk=month.purchase_id)
    return month


def _note_expired(month: Purchase | None, gone: int) -> None:
    """So that a refund of that month does not take again what it has lost."""
    if month:
        # More than its own where some had rolled over into it; see note_expired_later().
        month.expired, month.taken_by_then = gone, month.granted - month.net
        month.save(update_fields=["expired", "taken_by_then"])


def _left_of(month: LedgerEntry) -> int:
    since = LedgerEntry.objects.filter(account=month.account_id, pk__gt=month.pk)
    own = _moving_the_plans(since, month)
    carried = month.purchase.carried if month.purchase else 0
    left = carried + month.amount + _sum(own)
    # Debts paid, refunds of packs, adjustments: few, and none leaves the plan more than the balance.
    takings = since.filter(amount__lt=0).exclude(kind__in=_OF_USE).exclude(purchase=month.purchase)
    for pk, balance in takings.values_list("pk", "balance_after"):
        left = min(left, balance + _sum(own.filter(pk__gt=pk)))
    return max(0, left)


def _moving_the_plans(since: QuerySet[LedgerEntry], month: LedgerEntry) -> QuerySet[LedgerEntry]:
    """Use, what came back of it, and what was taken back of the month's own payment."""
    used_before = LedgerEntry.objects.filter(job=OuterRef("job"), kind=Kind.USAGE, pk__lt=month.pk)
    of_before = Q(Exists(used_before), kind=Kind.RELEASE)
    return since.filter(Q(kind__in=_OF_USE) & ~of_before | Q(purchase=month.purchase))


def _sum(entries: QuerySet[LedgerEntry]) -> int:
    return entries.aggregate(sum=Sum("amount"))["sum"] or 0
