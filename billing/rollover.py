"""What is left of a plan's credits when the next month begins: kept up to a cap, the rest expires.

Pictures use the plan's credits before bought ones, and whatever else takes credits takes the plan's
where nothing else is left. What comes is bought, but for the month itself: so bought credits never
expire.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from billing import credits
from billing.models import CreditAccount, LedgerEntry, Purchase

Kind = LedgerEntry.Kind
_OF_USE = (Kind.USAGE, Kind.RELEASE, Kind.METERED)


def carry_over(purchase: Purchase) -> None:
    """Call before a month's credits are granted; does nothing for other purchases."""
    if purchase.kind != Purchase.Kind.SUBSCRIPTION or purchase.plan is None:
        return
    # Locked before the sums are read: a picture between them would be counted as unused.
    account = CreditAccount.objects.select_for_update().get(pk=purchase.account_id)
    left = _left_of_earlier(account)
    cap = purchase.plan.rollover_cap
    purchase.carried = left if cap is None else min(left, cap)
    purchase.save(update_fields=["carried"])
    if left > purchase.carried:
        key = f"expiry:{purchase.pk}"
        credits.expire(account, left - purchase.carried, key=key, purchase=purchase)


def _left_of_earlier(account: CreditAccount) -> int:
    entries = LedgerEntry.objects.filter(account=account)
    grants = entries.filter(kind=Kind.SUBSCRIPTION).select_related("purchase")
    month = grants.order_by("-pk").first()
    if month is None or month.purchase is None:
        return 0
    since = entries.filter(pk__gt=month.pk)
    own = _moving_the_plans(since, month)
    left = month.purchase.carried + month.amount + _sum(own)
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
