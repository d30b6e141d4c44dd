"""Charges the saved card for top-ups that were noted, once each, and tells the owner.

Nothing is granted here: credits come by the event of the payment, as for every purchase.
"""

import logging
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.errors import CardDeclined, PaymentError, PaymentsUnavailable
from billing.gateway import Gateway, gateway, is_configured
from billing.models import Purchase, StripeCustomer, TopUpAttempt

logger = logging.getLogger(__name__)
State = TopUpAttempt.State
#: Longer than a call to Stripe with all its retries can take.
HOLD = timedelta(minutes=2)
#: Stripe forgets idempotency keys after a day: asking again later could charge twice.
PATIENCE = timedelta(hours=20)
_AT_ONCE = 20


def charge_due() -> int:
    """Charges what waits, and what an earlier process took up and did not finish."""
    if not is_configured():
        return 0
    due = _chargeable().filter(
        Q(state=State.PENDING) | Q(state=State.CHARGING, held_until__lt=timezone.now())
    )
    return sum(_charge(attempt, gateway()) for attempt in due.order_by("created_at")[:_AT_ONCE])


def succeed(purchase: Purchase) -> None:
    """The payment's event has come; call within the transaction that grants."""
    # Also over a failure: an answer that was lost made it look like one.
    TopUpAttempt.objects.filter(purchase=purchase).exclude(state=State.SUCCEEDED).update(
        state=State.SUCCEEDED, error="", ended_at=timezone.now(), mailed_at=None
    )


def fail(purchase: Purchase, error: str) -> None:
    TopUpAttempt.objects.filter(purchase=purchase, state__in=TopUpAttempt.OPEN).update(
        state=State.FAILED, error=error[:500], ended_at=timezone.now()
    )
    Purchase.objects.filter(pk=purchase.pk, paid_at=None).update(ending=Purchase.Ending.FAILED)


def _chargeable() -> QuerySet[TopUpAttempt]:
    """Not those of accounts that are being deleted, which end with them."""
    return TopUpAttempt.objects.filter(account__user__erasure_asked_at=None)


def _charge(attempt: TopUpAttempt, stripe: Gateway) -> bool:
    """True for the one caller that took it up."""
    now = timezone.now()
    mine = _chargeable().filter(pk=attempt.pk, state=attempt.state, held_until=attempt.held_until)
    if not mine.update(state=State.CHARGING, held_until=now + HOLD):
        return False
    if attempt.created_at < now - PATIENCE:
        fail(attempt.purchase, "Stripe did not answer in time. Nothing is known to be charged.")
        return True
    try:
        stripe.charge_saved_card(attempt, _customer(attempt))
    except PaymentsUnavailable as error:
        logger.warning("top-up %s waits: %s", attempt.pk, error)
    except CardDeclined as error:
        fail(attempt.purchase, str(error))
    except PaymentError as error:
        # Ours to mend; what Stripe says about our request is not for the customer's mail.
        logger.error("top-up %s refused: %s", attempt.pk, error)
        fail(attempt.purchase, "The payment could not be made.")
    else:
        TopUpAttempt.objects.filter(pk=attempt.pk, state=State.CHARGING).update(state=State.CHARGED)
    return True


def _customer(attempt: TopUpAttempt) -> str:
    known = StripeCustomer.objects.filter(user__credit_account=attempt.account).first()
    if known is None:
        raise CardDeclined("No card is saved.")
    return known.customer
