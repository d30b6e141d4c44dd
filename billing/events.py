"""The life of a Stripe event: stored and committed first, then processed once, under its row's lock.

What an event means is billing.effects' business. A process that dies in between leaves a stored
event that the next delivery, or the sweep, processes.
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import effects, metrics, people
from billing.models import StripeEvent

logger = logging.getLogger(__name__)
State = StripeEvent.State
#: Given to the request that stored an event before the sweep takes it up.
GRACE = timedelta(seconds=30)
MOST_ATTEMPTS = 20
_AT_ONCE = 50


class PayloadForgotten(Exception):
    """What it told was deleted after its time, so it cannot be applied anew."""

    def __init__(self) -> None:
        super().__init__("Its contents were deleted after their time; Stripe still shows them.")


def store(payload: dict[str, Any]) -> StripeEvent:
    """The row of this event, new or from an earlier delivery. Committed unless already in a transaction.

    It keeps no name of a person who asked to be forgotten.
    """
    if people.is_forgotten(payload):
        payload = people.without_people(payload)
    row = StripeEvent(
        id=payload["id"],
        type=payload["type"][:100],
        payload=payload,
        retry_at=timezone.now() + GRACE,
    )
    StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    return StripeEvent.objects.get(pk=payload["id"])


def process(event_id: str, *, again: bool = False, restores: bool = False) -> StripeEvent:
    """Brings about what the event means, unless that was done; a failure is noted and raised.

    `again` applies it although it was done: of use when it was ignored for a plan or customer that
    was not here then, harmless else. `restores` is for billing.replay.
    """
    try:
        with transaction.atomic():
            event = StripeEvent.objects.select_for_update().get(pk=event_id)
            if again and not event.payload:
                raise PayloadForgotten
            if again or not event.is_done:
                _settle(event, restores)
                transaction.on_commit(metrics.STRIPE_EVENTS.labels(event.state).inc)
            return event
    except Exception as error:
        metrics.STRIPE_EVENTS.labels("failed").inc()
        _note_failure(event_id, error)
        raise


def retry_due() -> int:
    """Processes what was stored and not finished; how many of them succeeded."""
    due = StripeEvent.objects.filter(
        state__in=[State.RECEIVED, State.FAILED],
        retry_at__lte=timezone.now(),
        attempts__lt=MOST_ATTEMPTS,
    )
    return sum(
        _retried(pk) for pk in due.order_by("retry_at").values_list("pk", flat=True)[:_AT_ONCE]
    )


def forget_payloads() -> int:
    """Of processed events past their time; the rows stay, so that none is processed twice."""
    limit = timezone.now() - timedelta(days=settings.STRIPE_EVENT_DAYS)
    done = StripeEvent.objects.filter(
        state__in=[State.PROCESSED, State.IGNORED], received_at__lt=limit
    )
    return done.exclude(payload={}).update(payload={})


def _settle(event: StripeEvent, restores: bool) -> None:
    ignored_because = effects.apply(event.payload, restores=restores)
    event.state = State.IGNORED if ignored_because else State.PROCESSED
    event.error = ignored_because[:500]
    event.attempts += 1
    event.processed_at = timezone.now()
    event.save(update_fields=["state", "error", "attempts", "processed_at"])


def _note_failure(event_id: str, error: Exception) -> None:
    """Not over the success of somebody else who processed it meanwhile."""
    unfinished = StripeEvent.objects.filter(pk=event_id, state__in=[State.RECEIVED, State.FAILED])
    attempts = unfinished.values_list("attempts", flat=True).first() or 0
    pause = timedelta(seconds=min(3600, 30 * 2 ** min(attempts, 10)))
    unfinished.update(
        state=State.FAILED,
        error=f"{type(error).__name__}: {error}"[:500],
        attempts=F("attempts") + 1,
        retry_at=timezone.now() + pause,
    )


def _retried(event_id: str) -> bool:
    try:
        process(event_id)
    except Exception:
        # One event that cannot be processed must not keep the others; its row tells the error.
        logger.exception("Stripe event %s failed again", event_id)
        return False
    return True
