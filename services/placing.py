"""From an accepted upload to a queued job: one picture, or a batch that runs out of credits."""

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from dramatiq.errors import BrokerError
from structlog.contextvars import bind_contextvars

from billing import caps, credits, prices, top_up_requests
from billing.errors import InsufficientCredits as NotEnough
from billing.errors import KeyCapReached
from inference.errors import InferenceError
from services import deposits, jobs, tasks, usage
from services.connections import free_connection
from services.deposits import Placement
from services.engines import engines
from services.errors import BadInput, InsufficientCredits, NoEngine, Unavailable
from services.jobs import Customer
from services.models import Batch, Job
from services.operations import Operation, RemoveBackground, RenderCutOut
from services.orders import Order
from services.outgoing import events

#: Called with the id of the job or batch in the transaction that creates it.
Recorder = Callable[[UUID], None]
Refusal = InferenceError | BadInput
_CAP_REACHED = "Insufficient credits: the monthly cap of this API key is reached"


def place(order: Order, customer: Customer, record: Recorder) -> Job:
    """Raises InsufficientCredits or Unavailable having charged nothing, and what a check raises."""
    check_engines(order.operation)
    placement = deposits.store(order)
    try:
        with transaction.atomic():
            job = jobs.create(placement, customer)
            record(job.pk)
    except (NotEnough, KeyCapReached) as error:
        deposits.discard(placement)
        # A damaged picture is told before an empty balance; only now is finding out worth it.
        order.check(thoroughly=True)
        if isinstance(error, KeyCapReached):
            raise InsufficientCredits(_CAP_REACHED) from error
        top_up_requests.consider_refused(customer.user)
        raise InsufficientCredits from error
    except BaseException:
        deposits.discard(placement)
        raise
    bind_contextvars(job_id=str(job.pk))
    _send([job])
    return job


def place_batch(orders: Sequence[Order], customer: Customer, record: Recorder) -> Batch:
    """Reserves, in the order of upload, for as many pictures as the credits cover.

    All orders are of one service and price. Raises InsufficientCredits when they cover none at all.
    """
    check_engines(orders[0].operation)
    items: list[Placement | Refusal] = []
    try:
        items.extend(_prepared(orders, customer))
        with transaction.atomic():
            batch, placed = _create_batch(orders, items, customer)
            if batch.refused and not placed:
                raise InsufficientCredits(_all_told(batch))
            if not placed:
                events.note_batch(batch)
            record(batch.pk)
    except InsufficientCredits as error:
        _discard(items)
        if error.message != _CAP_REACHED:  # which more credits would not lift
            top_up_requests.consider_refused(customer.user)
        raise
    except BaseException:
        _discard(items)
        raise
    refused = {row["index"] for row in batch.refused}
    _discard([item for index, item in enumerate(items) if index in refused])
    bind_contextvars(batch_id=str(batch.pk))
    _send(placed)
    return batch


def check_engines(operation: Operation) -> None:
    """In embedded mode the engines are here: refuse before anything is stored or reserved."""
    if not settings.EMBEDDED:
        return
    if isinstance(operation, RemoveBackground | RenderCutOut):
        is_able = engines().has_matting()
    else:
        is_able = operation.prompts is None or engines().has_segmentation()
    if not is_able:
        raise NoEngine


def _all_told(batch: Batch) -> str | None:
    """The one reason for which all were refused, if it is not the usual one."""
    reasons = {row["error"] for row in batch.refused}
    return _CAP_REACHED if reasons == {_CAP_REACHED} else None


def _prepared(orders: Sequence[Order], customer: Customer) -> Iterator[Placement | Refusal]:
    """Where not all is covered, what is gets decoded here: none damaged may take the credits of a good one."""
    price = prices.price_of(orders[0].price_key) if customer.pays else 0
    left = _left(customer, price * len(orders))
    for order in orders:
        item = _stored_or_refused(order, thoroughly=left is not None and left >= price)
        if left is not None and isinstance(item, Placement):
            left -= price
        yield item


def _left(customer: Customer, wanted: int) -> int | None:
    """Hundredths that can be taken; None where that is all that is wanted."""
    user, key = customer.user, customer.api_key
    if credits.covers(user, wanted) and (key is None or caps.allows(key, wanted)):
        return None
    left = wanted if credits.covers(user, wanted) else credits.balance(user)
    cap = key.monthly_credit_cap_hundredths if key else None
    return left if key is None or cap is None else min(left, cap - caps.spent(key))


def _stored_or_refused(order: Order, *, thoroughly: bool) -> Placement | Refusal:
    try:
        order.check(thoroughly=thoroughly)
    except (InferenceError, BadInput) as error:
        return error
    return deposits.store(order)


def _create_batch(
    orders: Sequence[Order], items: Sequence[Placement | Refusal], customer: Customer
) -> tuple[Batch, list[Job]]:
    batch = Batch.objects.create(
        owner=customer.user, service=orders[0].operation.service, total_files=len(orders)
    )
    placed: list[Job] = []
    unreadable = 0
    for index, (order, item) in enumerate(zip(orders, items, strict=True)):
        if not isinstance(item, Placement):
            jobs.record_refused(order, customer, str(item), batch, index)
            unreadable += 1
            continue
        try:
            with transaction.atomic():
                placed.append(jobs.create(item, customer, batch=batch, index=index))
        except (NotEnough, KeyCapReached) as error:
            reason = _CAP_REACHED if isinstance(error, KeyCapReached) else "Insufficient credits"
            batch.refused.append(
                {"index": index, "filename": order.image.filename[:255], "error": reason}
            )
    batch.save(update_fields=["refused"])
    usage.note_refused(customer.user, batch.service, unreadable, timezone.now())
    return batch, placed


def _discard(items: Sequence[Placement | Refusal]) -> None:
    for item in items:
        if isinstance(item, Placement):
            deposits.discard(item)


def _send(placed: Sequence[Job]) -> None:
    """Raises Unavailable when the queue is away; what no worker took is cancelled, uncharged.

    What one did take goes on, though its message seemed not to arrive, and is answered for.
    """
    free_connection()
    try:
        for job in placed:
            tasks.send(job)
    except (redis.RedisError, BrokerError, OSError) as error:
        cancelled = [jobs.cancel(job, error="The queue was not reachable.") for job in placed]
        if all(cancelled):
            raise Unavailable("The queue is not reachable. You were not charged.") from error
