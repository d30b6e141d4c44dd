"""Usage of metered accounts: due with the picture's completion, told to Stripe later, once.

billing.credits makes the row when a job is placed. It falls due in the transaction that completes
the job, so none is lost; Stripe drops a second event of the same identifier, so none counts twice,
even when its answer is lost.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from billing.errors import PaymentError, PaymentsUnavailable
from billing.gateway import Gateway, gateway, is_configured
from billing.models import MeterEvent, StripeCustomer

logger = logging.getLogger(__name__)
State = MeterEvent.State
HOLD = timedelta(minutes=2)
#: Events, top-ups and mails wait for the end of it.
ROUND_S = 10.0
_AT_ONCE = 100


def note_completion(job: UUID) -> None:
    """Call in the transaction that completes the job. Does nothing for jobs paid with credits."""
    now = timezone.now()
    MeterEvent.objects.filter(job=job, state=State.RESERVED).update(
        state=State.PENDING, happened_at=now, retry_at=now
    )


def images_since(user: User, moment: datetime) -> int:
    """Those that an invoice of the time since charges for, as far as Stripe knows or will be told."""
    counted = MeterEvent.objects.filter(account__user=user, happened_at__gte=moment)
    return counted.filter(state__in=[State.PENDING, State.SENT]).count()


def send_due(user: User | None = None) -> int:
    """How many were told, of everybody or of one, until none is due or the round has been long enough.

    Those without an answer are told again, under the same identifier.
    """
    if not is_configured():
        return 0
    stripe, ends_at = gateway(), time.monotonic() + ROUND_S
    return sum(_send(event, stripe) for event in _due(user, ends_at))


def _due(user: User | None, ends_at: float) -> Iterator[MeterEvent]:
    """Each that was taken is due no more, be it told or not, or a later one would never come."""
    waiting = MeterEvent.objects.filter(state=State.PENDING).order_by("retry_at")
    mine = waiting.filter(account__user=user) if user else waiting
    while found := list(mine.filter(retry_at__lte=timezone.now())[:_AT_ONCE]):
        for event in found:
            if time.monotonic() > ends_at:
                return
            yield event


def _send(event: MeterEvent, stripe: Gateway) -> bool:
    taken = MeterEvent.objects.filter(pk=event.pk, state=State.PENDING, retry_at=event.retry_at)
    if not taken.update(retry_at=timezone.now() + HOLD, attempts=F("attempts") + 1):
        return False  # another process has it
    try:
        stripe.report_usage(event, _customer(event))
    except PaymentsUnavailable as error:
        _note(event, State.PENDING, error)
        return False
    except PaymentError as error:
        # Wrong on our side, such as an unknown meter: a person has to look, the admin sends it again.
        logger.error("meter event %s refused: %s", event.pk, error)
        _note(event, State.REFUSED, error)
        return False
    MeterEvent.objects.filter(pk=event.pk).update(
        state=State.SENT, sent_at=timezone.now(), error=""
    )
    return True


def _note(event: MeterEvent, state: MeterEvent.State, error: Exception) -> None:
    MeterEvent.objects.filter(pk=event.pk, state=State.PENDING).update(
        state=state, error=str(error)[:500]
    )


def _customer(event: MeterEvent) -> str:
    return StripeCustomer.objects.get(user__credit_account=event.account).customer
