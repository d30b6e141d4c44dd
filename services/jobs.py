"""The life of a job: placed, claimed, performed, settled. The only writer of Job.state.

Every change of state is a conditional UPDATE, so it happens once whoever else tries. Credits are
taken in the transaction that creates the row and given back in the one that fails it.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import ApiKey, User
from billing import credits, metering, prices
from inference.pipelines import Result
from services import (
    clock,
    failures,
    job_log,
    leases,
    notifications,
    operations,
    performing,
    storing,
    suspects,
    usage,
)
from services.deposits import Placement
from services.models import Batch, Job
from services.orders import Order
from services.outgoing import events

logger = logging.getLogger(__name__)
State = Job.State

#: For how long orders of a newer version wait for its workers, and rest once an older one met them.
_ROLLOUT, _ASIDE = timedelta(hours=1), timedelta(seconds=20)
#: How long a job rests that met a storage in trouble: so long first, then ever longer, up to the last.
_REST_S, _LONGER, _LONGEST_REST_S = 5, 4, 60


@dataclass(frozen=True)
class Customer:
    """Who asks, with which key, under which request id."""

    user: User
    api_key: ApiKey | None
    request_id: str = ""
    #: Whether this is a visitor's try, or a look ahead while pointing.
    is_trying: bool = False

    @property
    def pays(self) -> bool:
        return not self.is_trying and (self.api_key is None or self.api_key.mode != "test")


def create(
    placement: Placement, customer: Customer, *, batch: Batch | None = None, index: int = 0
) -> Job:
    """Reserves the credits and inserts the row; call within the transaction that also records why.

    Raises billing's InsufficientCredits or KeyCapReached. The message is sent after the commit.
    """
    order = placement.order
    price = prices.price_of(order.price_key) if customer.pays else 0
    credits.reserve(
        customer.user,
        price,
        job=placement.id,
        api_key=customer.api_key,
        service=order.operation.service,
    )
    return Job.objects.create(
        id=placement.id,
        owner=customer.user,
        api_key=customer.api_key,
        batch=batch,
        batch_index=index,
        service=order.operation.service,
        operation=operations.to_json(order.operation),
        priced_as=order.priced_as,
        request_id=customer.request_id,
        price=price,
        input_filename=order.image.filename[:255],
        input_name=placement.input_name,
        companion_name=placement.companion_name,
        enqueued_at=Now(),
    )


def claim(job_id: UUID) -> Job | None:
    """Takes a pending job, or one whose worker is gone, unless it was its last; None for any other."""
    token, is_over = uuid4(), Q(lease_until__lt=Now())
    is_waiting = Q(state=State.PENDING) & (Q(lease_until=None) | is_over)
    is_left = Q(state=State.PROCESSING, attempts__lt=settings.MAX_ATTEMPTS) & is_over
    taken = Job.objects.filter(is_waiting | is_left, pk=job_id).update(
        state=State.PROCESSING,
        lease_token=token,
        lease_until=leases.end_of_lease(),
        attempts=F("attempts") + 1,
        # One whose worker died is a suspect, whatever it met before.
        error_code=Case(When(state=State.PENDING, then=F("error_code")), default=Value("")),
        started_at=Now(),
    )
    if not taken:
        return None
    job = Job.objects.get(pk=job_id, lease_token=token)
    job_log.claimed(job)
    return job


def perform(job_id: UUID) -> bool:
    """What a worker does for a message; False when there was nothing to take, or nothing for it."""
    job = claim(job_id)
    if job is None or job.lease_token is None:
        return False
    with leases.held(job.lease_token):
        try:
            result = performing.run(job)
            name = _store_result(job, result)
        except operations.NotUnderstood as error:
            logger.warning("job %s is not for this version: %s", job.pk, error)
            return not put_aside(job) and _fail_as(job, failures.NOT_UNDERSTOOD)
        except Exception as error:
            if not (storing.is_passing(error) and rest(job, error)):
                _fail_as(job, failures.of(error, job.pk))
        else:
            _complete(job, result, name)
    return True


def _fail_as(job: Job, failure: failures.Failure) -> bool:
    return fail(job, failure.error, code=failure.code)


def _store_result(job: Job, result: Result) -> str:
    """The name of the file, which is durable before anyone is told of it."""
    path = f"results/{timezone.now():%Y/%m/%d}/{job.pk}-{job.attempts}.{result.extension}"
    return storing.save_patiently(path, ContentFile(result.data))


def _complete(job: Job, result: Result, name: str) -> bool:
    """Settles: the credits were taken when the job was placed; usage on an invoice falls due now."""
    job.ended_at = now = clock.now()
    with transaction.atomic():
        if settled := _mark_completed(job, result, name, now):
            metering.note_completion(job.pk)
            events.note_end(job, State.COMPLETED)
            usage.note_ended(job, now, charged=job.price)
    if not settled:
        storing.discard(name)  # another worker had taken the job over
        return False
    job_log.completed(job, result)
    notifications.announce(job.pk)
    return True


def _mark_completed(job: Job, result: Result, name: str, now: datetime) -> bool:
    started = job.started_at or now
    queued_ms = max(0.0, (started - job.created_at).total_seconds() * 1000)
    updated = _held_by(job).update(
        state=State.COMPLETED,
        charged=job.price,
        error_code="",
        result_name=name,
        result_bytes=len(result.data),
        result_sha256=hashlib.sha256(result.data).hexdigest(),
        result_extension=result.extension,
        original_width=result.original_width,
        original_height=result.original_height,
        output_width=result.width,
        output_height=result.height,
        details=result.details,
        engine=result.engine,
        timings={"queue": round(queued_ms, 1)}
        | {stage: round(ms, 1) for stage, ms in result.timings.items()},
        processing_time_ms=round((now - started).total_seconds() * 1000, 1),
        ended_at=now,
        purge_at=_purge_time(),
    )
    return bool(updated)


def fail(job: Job, error: str, *, code: str) -> bool:
    """Ends a job that the caller holds (or that nobody does) without a result and without a charge."""
    now = clock.now()
    with transaction.atomic():
        ended = Job.objects.filter(pk=job.pk, state=job.state, lease_token=job.lease_token).update(
            state=State.FAILED,
            error=error[:300],
            error_code=code,
            charged=0,
            ended_at=now,
            purge_at=_purge_time(),
        )
        if not ended:
            return False
        credits.release(job.pk)
        events.note_end(job, State.FAILED)
        usage.note_ended(job, now, charged=None)
    job_log.failed(job, code)
    notifications.announce(job.pk)
    return True


def record_refused(order: Order, customer: Customer, error: str, batch: Batch, index: int) -> Job:
    """A batch item refused at the door: a failed job that never cost, queued or stored anything.

    The caller counts it in the usage when all items of the batch are written.
    """
    return Job.objects.create(
        owner=customer.user,
        api_key=customer.api_key,
        batch=batch,
        batch_index=index,
        service=order.operation.service,
        operation=operations.to_json(order.operation),
        request_id=customer.request_id,
        state=State.FAILED,
        price=0,
        input_filename=order.image.filename[:255],
        error=error[:300],
        error_code=failures.UNREADABLE,
        ended_at=Now(),
        purge_at=Now(),
        purged_at=Now(),
    )


def cancel(job: Job, *, error: str) -> bool:
    """Ends a job no worker has claimed yet; False when one has."""
    return job.state == State.PENDING and fail(job, error, code=failures.CANCELLED)


def abandon(job: Job, *, error: str) -> bool:
    """Ends a job that nobody waits for any more, whoever has it; a result that still comes is dropped.

    False when it has ended by itself.
    """
    while not job.has_ended:
        if fail(job, error, code=failures.CANCELLED):
            return True
        job.refresh_from_db()
    return False


def give_back(job: Job) -> bool:
    """Puts a job whose worker is gone back in line; True for the one caller that did."""
    return _put_back(_held_by(job))


def put_aside(job: Job) -> bool:
    """Leaves a claimed job to newer workers, as if it had not been claimed; False if it is too old.

    A later sweep sends it again: older workers would meet it again and again otherwise.
    """
    recent = _held_by(job).filter(created_at__gt=Now() - _ROLLOUT)
    return _put_back(recent, lease_until=Now() + _ASIDE, attempts=F("attempts") - 1)


def rest(job: Job, error: Exception) -> bool:
    """Leaves a claimed job for later, as what it met may pass; False if this was its last try."""
    if job.attempts >= settings.MAX_ATTEMPTS:
        return False
    seconds = min(_REST_S * _LONGER ** (job.attempts - 1), _LONGEST_REST_S)
    logger.warning("job %s is tried again in %d s: %s", job.pk, seconds, error)
    note = "" if suspects.is_suspect(job) else failures.RESTED
    until = Now() + timedelta(seconds=seconds)
    return _put_back(_held_by(job), lease_until=until, error_code=note)


def _held_by(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=State.PROCESSING, lease_token=job.lease_token)


def _put_back(held: QuerySet[Job], **fields: Any) -> bool:
    free: dict[str, Any] = {"lease_token": None, "lease_until": None, "error_code": ""}
    return bool(held.update(state=State.PENDING, enqueued_at=Now(), **(free | fields)))


def _purge_time() -> CombinedExpression:
    return Now() + timedelta(hours=settings.RETENTION_HOURS)
