"""What is left of a plan's credits when the next month begins: kept up to a cap, the rest expires.

Pictures use the plan's credits before bought ones, so bought credits never expire through it.
"""

from django.db.models import Sum

from billing import credits
from billing.models import LedgerEntry, Purchase

_USE = (LedgerEntry.Kind.USAGE, LedgerEntry.Kind.RELEASE, LedgerEntry.Kind.METERED)


def carry_over(purchase: Purchase) -> None:
    """Call before a month's credits are granted; does nothing for other purchases."""
    if purchase.kind != Purchase.Kind.SUBSCRIPTION or purchase.plan is None:
        return
    left = _left_of_earlier(purchase)
    cap = purchase.plan.rollover_cap
    purchase.carried = left if cap is None else min(left, cap)
    purchase.save(update_fields=["carried"])
    if left > purchase.carried:
        key = f"expiry:{purchase.pk}"
        credits.expire(purchase.account, left - purchase.carried, key=key, purchase=purchase)


def _left_of_earlier(purchase: Purchase) -> int:
    grants = LedgerEntry.objects.filter(
        account=purchase.account, kind=LedgerEntry.Kind.SUBSCRIPTION
    ).select_related("purchase")
    last = grants.order_by("-pk").first()
    if last is None or last.purchase is None:
        return 0
    since = LedgerEntry.objects.filter(account=purchase.account, kind__in=_USE, pk__gt=last.pk)
    used = -(since.aggregate(sum=Sum("amount"))["sum"] or 0)
    return max(0, last.purchase.carried + last.purchase.net - used)
