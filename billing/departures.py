"""Ends at Stripe what would be charged to an account that is deleted, and pays back what was all the same.

A page can be opened, or paid, at the very moment of the deletion; its events come later.
"""

import logging
from itertools import chain

from django.db.models import F, QuerySet

from accounts.models import User
from billing import metering
from billing.errors import PaymentError, PaymentsUnavailable
from billing.gateway import Gateway, gateway, is_configured
from billing.models import Plan, Purchase, StripeCustomer, Subscription
from billing.subscriptions import ENDED

logger = logging.getLogger(__name__)


def close(user: User) -> None:
    """Ends plans, and closes pages on which one could begin. May be asked again; raises PaymentError."""
    running = Subscription.objects.filter(user=user).exclude(status__in=ENDED)
    metered = set(running.filter(plan__kind=Plan.Kind.METERED).values_list("pk", flat=True))
    plans = set(running.values_list("pk", flat=True))
    customer = StripeCustomer.objects.filter(user=user).values_list("customer", flat=True).first()
    if customer is None or not (plans or is_configured()):
        return
    stripe = gateway()
    # The pages first: a plan that was paid on one before is among those that Stripe lists then.
    for page in stripe.open_checkouts(customer):
        stripe.close(page)
    if metered:
        metering.send_due(user)  # what was used is on the last invoice
    for plan in sorted(plans.union(stripe.running_plans(customer))):
        stripe.cancel(plan, bills_usage=plan in metered)


def settle() -> int:
    """How many plans were ended and payments refunded. What could not be is tried again next time."""
    if not is_configured():
        return 0
    stripe = gateway()
    ended = (_is_ended(subscription, stripe) for subscription in _running())
    refunded = (_is_refunded(purchase, stripe) for purchase in _paid_too_late())
    return sum(chain(ended, refunded))


def _running() -> QuerySet[Subscription]:
    gone = Subscription.objects.filter(user__erasure_asked_at__isnull=False)
    return gone.exclude(status__in=ENDED)


def _paid_too_late() -> QuerySet[Purchase]:
    """Not what was refunded or is disputed, be it in vain: people see to that."""
    too_late = Purchase.objects.filter(
        paid_at__gte=F("account__user__erasure_asked_at"), paid_minor__gt=0, refunded=0, disputed=0
    )
    return too_late.filter(payments__isnull=False, payments__refunds__isnull=True).distinct()


def _is_ended(subscription: Subscription, stripe: Gateway) -> bool:
    try:
        stripe.cancel(subscription.pk, bills_usage=False)
    except PaymentError as error:
        _complain(f"plan {subscription.pk}", error)
        return False
    # Its event says the same, when it comes.
    Subscription.objects.filter(pk=subscription.pk).update(status="canceled")
    return True


def _is_refunded(purchase: Purchase, stripe: Gateway) -> bool:
    key = f"refund:departed:{purchase.pk}"
    try:
        stripe.refund(purchase, purchase.paid_minor or 0, "paid after the account was deleted", key)
    except PaymentError as error:
        _complain(f"purchase {purchase.pk}", error)
        return False
    return True


def _complain(what: str, error: PaymentError) -> None:
    level = logging.WARNING if isinstance(error, PaymentsUnavailable) else logging.ERROR
    logger.log(level, "%s of a deleted account could not be ended or refunded: %s", what, error)
