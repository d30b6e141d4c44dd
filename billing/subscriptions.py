"""Which telling of a subscription counts: the newest by Stripe's clock, and an end for good."""

from datetime import UTC, datetime
from typing import Any

from billing.models import Plan, StripeCustomer, Subscription

Object = dict[str, Any]
#: Nothing comes after these for the same subscription.
ENDED = ("canceled", "incomplete_expired")
_PERIOD = ("current_period_start", "current_period_end")
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
    known, knows_plan = _weight(row), row.plan_id is not None
    _read(row, subscription, told_at)
    # The same again tells the plan, where we made that one only after the first time.
    if _weight(row) > known or (_weight(row) == known and not knows_plan):
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
    began_at, ends_at = (_moment(name, items[0], subscription) for name in _PERIOD)
    row.plan = Plan.objects.filter(stripe_price=price).first()
    row.status, row.told_at = subscription["status"], told_at
    row.ends_with_period = bool(
        subscription.get("cancel_at_period_end") or subscription.get("cancel_at")
    )
    row.period_began_at, row.period_ends_at = began_at, ends_at


def _moment(name: str, item: Object, subscription: Object) -> datetime | None:
    """Where a period is told differs between versions of Stripe's API."""
    told = item.get(name) or subscription.get(name)
    return datetime.fromtimestamp(told, UTC) if told else None
