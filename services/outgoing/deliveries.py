"""The life of a delivery: due, taken, posted, noted. Every change is a conditional UPDATE.

When one is due is written and compared by the database's clock: a process whose own is ahead would
try sooner than promised, and again what another one is just posting.
"""

import logging
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from services import metrics
from services.fetch import PostFailed
from services.outgoing import endpoints, posting, signing, waking
from services.outgoing.bodies import SubjectGone, body_of
from services.outgoing.models import WebhookDelivery

logger = logging.getLogger(__name__)
State = WebhookDelivery.State
#: Longer than an attempt can take: after this the one who took it is gone, and it is due again.
HOLD = timedelta(seconds=40)
_MINUTE, _HOUR = 60, 3600
#: Seconds between the attempts: three days in all.
GAPS_S = [10, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, *([12 * _HOUR] * 5)]
_MOST_ATTEMPTS = len(GAPS_S) + 1
#: Endpoints that were away for a moment come back together: not all of ours at once.
_JITTER = 0.1
_LOG_LENGTH = 20
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt: a status, or the reason why there is none."""

    status: int | None
    error: str
    ms: int

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def due() -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(state=State.PENDING, next_at__lte=Now()).order_by(
        "next_at"
    )


def take(delivery: WebhookDelivery) -> bool:
    """True for the one caller who is to attempt it."""
    mine = due().filter(pk=delivery.pk)
    return bool(mine.update(next_at=Now() + HOLD, attempts=F("attempts") + 1))


def attempt(delivery_id: UUID) -> None:
    """Posts what the caller has taken, and notes what came back."""
    rows = WebhookDelivery.objects.select_related("event", "endpoint__owner")
    delivery = rows.filter(pk=delivery_id, state=State.PENDING).first()
    if delivery is None:
        return
    if not delivery.endpoint.is_enabled:
        _end(delivery, State.GIVEN_UP, Outcome(None, "The endpoint is switched off.", 0))
        return
    if delivery.attempts > _MOST_ATTEMPTS:
        # Those before ended without an outcome: each would be made again, for ever.
        _end(delivery, State.GIVEN_UP, Outcome(None, "No attempt came to an end.", 0))
        endpoints.note_given_up(delivery.endpoint)
        return
    try:
        body = body_of(delivery.event, delivery.endpoint)
    except SubjectGone:
        _end(delivery, State.GIVEN_UP, Outcome(None, "What it told of was deleted.", 0))
        endpoints.note_given_up(delivery.endpoint)
        return
    _note(delivery, _post(delivery, body))


def renew(delivery: WebhookDelivery, seen: str = "") -> bool:
    """Makes it due now with all its attempts before it, whatever became of it.

    False where that, or an attempt, was quicker: `seen` is the version that whoever asks was shown, or
    else that of `delivery`.
    """
    if seen and seen != delivery.version:
        return False
    unchanged = WebhookDelivery.objects.filter(pk=delivery.pk, next_at=delivery.next_at)
    renewed = unchanged.update(state=State.PENDING, attempts=0, next_at=Now(), ended_at=None)
    delivery.refresh_from_db()
    return bool(renewed)


def send_again(delivery: WebhookDelivery, seen: str = "") -> bool:
    """The same, by the couriers."""
    renewed = renew(delivery, seen)
    waking.wake()
    return renewed


def _post(delivery: WebhookDelivery, body: bytes) -> Outcome:
    headers = {
        "Content-Type": "application/json",
        "Maskr-Event-Id": delivery.event.public_id,
        "Maskr-Signature": signing.signature(delivery.endpoint, body),
    }
    if connection.vendor != "sqlite":
        connection.close()  # back to the pool while the other side takes its time
    started = time.monotonic()
    try:
        status, error = posting.send(delivery.endpoint.url, body, headers), ""
    except PostFailed as failure:
        status, error = None, str(failure)
    outcome = Outcome(status, error, round((time.monotonic() - started) * 1000))
    said = outcome.status or outcome.error
    logger.info("webhook %s: %s in %d ms", delivery.event.public_id, said, outcome.ms)
    return outcome


def _note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    if outcome.is_success:
        _end(delivery, State.DELIVERED, outcome)
        endpoints.note_success(delivery.endpoint)
        return
    is_last = delivery.attempts >= _MOST_ATTEMPTS
    if is_last:
        _end(delivery, State.GIVEN_UP, outcome)
    else:
        gap = GAPS_S[delivery.attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
        _count("failed")
        _write(delivery, outcome, next_at=Now() + timedelta(seconds=gap))
    endpoints.note_failure(delivery.endpoint, is_gone=outcome.status == GONE)
    if is_last:
        endpoints.note_given_up(delivery.endpoint)


def _count(outcome: str) -> None:
    metrics.WEBHOOK_DELIVERIES.labels(outcome).inc()


def _end(delivery: WebhookDelivery, state: WebhookDelivery.State, outcome: Outcome) -> None:
    _count(str(state))
    _write(delivery, outcome, state=state, ended_at=timezone.now())


def _write(delivery: WebhookDelivery, outcome: Outcome, **changes: object) -> None:
    """Not over what somebody else noted, who took it because this attempt seemed lost."""
    entry = {
        "at": timezone.now().isoformat(timespec="seconds"),
        "status": outcome.status,
        "error": outcome.error,
        "ms": outcome.ms,
    }
    mine = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=State.PENDING, attempts=delivery.attempts
    )
    mine.update(
        last_status=outcome.status,
        last_error=outcome.error[:200],
        log=[*delivery.log, entry][-_LOG_LENGTH:],
        **changes,
    )
