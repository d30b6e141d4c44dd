"""How an account pays: by credits, by a subscription that includes some, or by the picture."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from billing.models import AutoTopUp, Plan, Subscription

#: Stripe's states in which a plan counts as held.
HELD = ("active", "trialing", "past_due")
#: Those that may be charged again: beside one of them no other plan is sold.
UNENDED = (*HELD, "unpaid", "paused")
#: Those in which pictures are delivered on credit. Who is behind with the last invoice pays with
#: credits until it is settled, so that an unpaid month does not grow.
TRUSTED = ("active", "trialing")
METERED_NOW = Q(status__in=TRUSTED, plan__kind=Plan.Kind.METERED)
_MODELS = {Plan.Kind.SUBSCRIPTION: "subscription_monthly", Plan.Kind.METERED: "metered_monthly"}


@dataclass(frozen=True)
class Standing:
    """What the account endpoints tell: names of the plan, its state and how pictures are paid."""

    plan: str = "Prepaid"
    subscription_status: str = "none"
    billing_model: str = "prepaid"


def metered_plan(user: User) -> Plan | None:
    """None for those who pay with credits now."""
    found = metered(user)
    return found.plan if found else None


def metered(user: User) -> Subscription | None:
    """The subscription whose invoice charges for pictures now."""
    rows = Subscription.objects.filter(METERED_NOW, user=user).select_related("plan")
    return rows.order_by("-told_at", "pk").first()


def held(user: User) -> Subscription | None:
    """The subscription that counts: the latest of those in force."""
    return _latest(user, HELD)


def unended(user: User) -> Subscription | None:
    """The one that counts, or else one that brings nothing now and may go on later."""
    return held(user) or _latest(user, UNENDED)


def _latest(user: User, states: tuple[str, ...]) -> Subscription | None:
    rows = Subscription.objects.filter(user=user, status__in=states, plan__isnull=False)
    return rows.select_related("plan").order_by("-told_at", "pk").first()


def standing(user: User) -> Standing:
    subscription = held(user)
    if subscription is None or subscription.plan is None:
        last = Subscription.objects.filter(user=user).order_by("-told_at", "pk").first()
        return Standing(subscription_status=last.status if last else "none")
    is_trusted = subscription.status in TRUSTED
    plan, model = subscription.plan, _MODELS[Plan.Kind(subscription.plan.kind)]
    return Standing(plan.name, subscription.status, model if is_trusted else "prepaid")


def top_up_threshold(user: User) -> int | None:
    """Hundredths of a credit below which the card is charged; None when automatic top-up is off."""
    wishes = AutoTopUp.objects.filter(account__user=user, is_enabled=True)
    return wishes.values_list("threshold", flat=True).first()
