"""Which telling of a subscription counts: the newest by Stripe's clock, and an end for good."""

from datetime import UTC, datetime
from typing import Any

from billing.models import Plan, StripeCustomer, Subscription

Object = dict[str, Any]
#: Nothing comes after these for the same subscription.
ENDED = ("canceled", "incomplete_expired")
#: Stripe's clock has seconds: of two tellings within one, the later in this course counts.
_COURSE = ("incomplete", "trialing", "active", "past_due", "unpaid", "paused", *ENDED)


def tell(subscription: Object, told_at: int) -> str:
    """Call within a transaction. Gives one final state whatever the order of the tellings."""
    owner = StripeCustomer.objects.filter(customer=subscription["customer"]).first()
    if owner is None:
        return "not a customer of ours"
    Subscription.objects.get_or_create(
        id=subscription["id"], defaults={"user": owner.user, "status": "", "told_at": -1}
    )
    row = Subscription.objects.select_for_update(of=("self",)).get(pk=subscription["id"])
    known = _weight(row)
    _read(row, subscription, told_at)
    if _weight(row) > known:
        row.save()
    return ""


def _weight(row: Subscription) -> tuple[bool, int, int, bool, float]:
    """Two tellings of equal weight say the same."""
    course = _COURSE.index(row.status) if row.status in _COURSE else -1
    ends_at = row.period_ends_at.timestamp() if row.period_ends_at else 0.0
    return row.status in ENDED, row.told_at, course, row.ends_with_period, ends_at


def _read(row: Subscription, subscription: Object, told_at: int) -> None:
    items = (subscription.get("items") or {}).get("data") or [{}]
    price = (items[0].get("price") or {}).get("id") or ""
    ends_at = items[0].get("current_period_end") or subscription.get("current_period_end")
    row.plan = Plan.objects.filter(stripe_price=price).first()
    row.status, row.told_at = subscription["status"], told_at
    row.ends_with_period = bool(
        subscription.get("cancel_at_period_end") or subscription.get("cancel_at")
    )
    row.period_ends_at = datetime.fromtimestamp(ends_at, UTC) if ends_at else None
