"""The same work again, on the upload that is still there: a new job, charged like any other."""

from uuid import UUID

from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.utils import timezone

from accounts import rates
from accounts.models import User
from billing import prices
from inference.errors import InferenceError
from services import admission, operations, placing, storing
from services.errors import ApiError, BadRequest, Purged
from services.jobs import Customer
from services.models import IdempotentRequest, Job
from services.operations import RenderCutOut
from services.orders import Order, Upload

PER_MINUTE = 20
_NOT_HERE = "This version cannot do that."


class PriceChanged(ApiError):
    status = 409
    code = "price_changed"
    message = "The price has changed. Nothing was charged; please look at it and confirm again."


class TooMany(ApiError):
    status = 429
    code = "rate_limited"
    message = "Too many requests in a minute. Nothing was charged; please try again soon."


def price(job: Job) -> int:
    """Hundredths of a credit that it would cost now; nothing under a test key that still works.

    Raises BadRequest for a service that this version does not have.
    """
    if not _customer(job, "").pays:
        return 0
    try:
        return prices.price_of(job.priced_as or job.service)
    except KeyError as error:
        raise BadRequest(_NOT_HERE) from error


def is_possible(job: Job) -> bool:
    """Not for tests whose key has ended: they are small, and would be charged in full.

    Nor for orders of another version, which this one would carry out in part.
    """
    has_input = bool(job.input_name) and not job.purged_at
    is_orphan = job.api_key is not None and job.api_key.is_test and not job.api_key.is_usable
    is_ours = operations.is_understood(job.operation)
    return job.has_ended and has_input and not is_orphan and is_ours


def repeat(job: Job, *, agreed: int, nonce: UUID, request_id: str) -> Job:
    """The new job; the same one for the same nonce, however often the form is sent.

    Raises ApiError when nothing was placed, having charged nothing.
    """
    if first := placed(job.owner, nonce):
        return first
    customer = _customer(job, request_id)
    state = rates.hit(PER_MINUTE, "repeating", str(job.owner_id))
    if state is not None and not state.is_allowed:
        raise TooMany
    if price(job) != agreed:
        raise PriceChanged
    admission.check(job.owner_id, in_batches=False, will_wait=False)
    try:
        return _place(job, customer, nonce)
    except IntegrityError:
        # Sent twice at the same moment: the other one placed it, and ours was undone.
        if first := placed(job.owner, nonce):
            return first
        raise


def placed(owner: User, nonce: UUID) -> Job | None:
    """The job that was placed under this nonce, if one was."""
    row = IdempotentRequest.objects.filter(owner=owner, key=_key(nonce)).first()
    return Job.objects.filter(pk=row.work, owner=owner).first() if row and row.work else None


def _place(job: Job, customer: Customer, nonce: UUID) -> Job:
    def record(work: UUID) -> None:
        IdempotentRequest.objects.create(
            owner=job.owner,
            key=_key(nonce),
            fingerprint=str(job.pk),
            work=work,
            held_until=timezone.now(),
        )

    try:
        order = _order(job)
        order.check()
        return placing.place(order, customer, record)
    except InferenceError as error:
        raise BadRequest(str(error)) from error


def _order(job: Job) -> Order:
    """Raises Purged when an upload is gone, or when it is not possible otherwise."""
    if not is_possible(job):
        raise Purged("This job cannot be requested again.")
    operation = operations.from_json(job.operation)
    image = _upload(job.input_name, job.input_filename)
    second = _upload(job.companion_name, "companion") if job.companion_name else None
    # What a second upload is follows from the operation: cut-outs are put on a background.
    is_background = isinstance(operation, RenderCutOut)
    return Order(
        image,
        operation,
        mask=None if is_background else second,
        background=second if is_background else None,
        priced_as=job.priced_as,
    )


def _upload(name: str, filename: str) -> Upload:
    try:
        return Upload(ContentFile(storing.read(name)), filename)
    except FileNotFoundError as error:
        raise Purged("The upload is no longer there.") from error


def _customer(job: Job, request_id: str) -> Customer:
    """People pay for what they click here, unless the work was a test and its key still works."""
    key = job.api_key
    is_test = key is not None and key.is_test and key.is_usable
    return Customer(job.owner, key if is_test else None, request_id)


def _key(nonce: UUID) -> str:
    return f"repeat:{nonce}"
