"""Notes what happened, in the transaction in which it happens; sending it comes after the commit.

An account without an endpoint costs one look through an index of those that listen.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.dispatch import receiver

from billing.amounts import to_number
from billing.balance_alerts import balance_low
from billing.models import CreditAccount, LedgerEntry
from services.models import Batch, Job
from services.outgoing import waking
from services.outgoing.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from services.outgoing.names import EventType

_UNFINISHED = (Job.State.PENDING, Job.State.PROCESSING)


def note_end(job: Job, state: Job.State) -> None:
    """Call in the transaction that ends the job, last, as it may lock the row of its batch."""
    listening = _listening(job.owner_id)
    if not listening:
        return
    record(EventType(f"job.{state.value}"), listening, job.owner_id, subject=job.pk)
    if job.batch_id:
        _note_end_of_batch(job.batch_id, job.owner_id, listening)


def note_batch(batch: Batch) -> None:
    """Call in the transaction that makes the batch: it ends there if every item was refused."""
    if listening := _listening(batch.owner_id):
        _note_end_of_batch(batch.pk, batch.owner_id, listening)


@receiver(balance_low, dispatch_uid="webhooks")
def note_low_balance(
    account: CreditAccount, entry: LedgerEntry, threshold: int, **_kwargs: Any
) -> None:
    payload = {"balance": to_number(entry.balance_after), "threshold": to_number(threshold)}
    key = f"{EventType.BALANCE_LOW.value}:{entry.pk}"
    listening = _listening(account.user_id)
    record(EventType.BALANCE_LOW, listening, account.user_id, key=key, payload=payload)


def record(
    event_type: EventType,
    listening: list[WebhookEndpoint],
    owner_id: int,
    *,
    subject: UUID | None = None,
    key: str = "",
    payload: dict[str, Any] | None = None,
) -> WebhookEvent | None:
    """The event and a delivery for each endpoint that wants it; None when none does, or again."""
    wanting = [endpoint for endpoint in listening if event_type in endpoint.events]
    if not wanting:
        return None
    event, is_new = WebhookEvent.objects.get_or_create(
        owner_id=owner_id,
        key=key or f"{event_type.value}:{subject}",
        defaults={"type": event_type, "subject": subject, "payload": payload or {}},
    )
    if not is_new:
        return None
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(event=event, endpoint=endpoint, next_at=Now()) for endpoint in wanting
    )
    transaction.on_commit(waking.wake)
    return event


def _listening(owner_id: int) -> list[WebhookEndpoint]:
    return list(
        WebhookEndpoint.objects.filter(owner_id=owner_id, is_enabled=True).only("id", "events")
    )


def _note_end_of_batch(batch_id: UUID, owner_id: int, listening: list[WebhookEndpoint]) -> None:
    if not any(EventType.BATCH_COMPLETED in endpoint.events for endpoint in listening):
        return
    # Of two last items that end at once, the second must see what the first did.
    Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if not Job.objects.filter(batch_id=batch_id, state__in=_UNFINISHED).exists():
        record(EventType.BATCH_COMPLETED, listening, owner_id, subject=batch_id)
