"""The studio without scripts: a form with a picture in, the finished cut-out back."""

import hashlib
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.db.models.functions import Now
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from accounts import rates
from accounts.models import User
from inference.errors import InferenceError
from inference.rendering import Options
from services import admission, failures, jobs, placing, waiting
from services.errors import BadImage, Unavailable
from services.jobs import Customer
from services.models import IdempotentRequest, Job
from services.operations import RenderCutOut
from services.orders import Order, Upload
from services.studio import visitors
from services.uploads import UploadLimits, check_coding

LIMITS = UploadLimits(settings.MAX_UPLOAD_BYTES)
_PER_MINUTE = 20


def remove_background(request: HttpRequest) -> Job:
    """The completed job; the same one for the same form and picture, however often they are sent.

    Raises ApiError with a sentence for the page; nothing is charged then.
    """
    job = waiting.wait(_placed(request), settings.SYNC_TIMEOUT_S)
    if not job.has_ended and jobs.abandon(job, error="It took too long."):
        raise Unavailable
    if job.error_code in (*failures.PASSING, failures.NO_ENGINE):
        raise Unavailable(job.error)
    if job.state != Job.State.COMPLETED:
        raise BadImage(job.error)
    return job


def limit_upload(request: HttpRequest) -> None:
    """Before anything reads the body. Raises ApiError, or Throttled.

    From here on the thread counts as one that waits, until `waiting.leave`.
    """
    check_coding(request)
    request.upload_limits = LIMITS  # type: ignore[attr-defined]
    LIMITS.check_promise(request)
    is_visitor = not request.user.is_authenticated
    who = visitors.network(request) if is_visitor else f"user:{request.user.pk}"
    state = rates.hit(_PER_MINUTE, "plain-studio", who)
    if state and not state.is_allowed:
        raise Throttled(wait=state.reset_s)
    if is_visitor:
        visitors.check_tries(request)
    owner_id = _customer(request).user.pk
    admission.check(owner_id, in_batches=False)
    waiting.come(owner_id)


def _customer(request: HttpRequest) -> Customer:
    request_id = getattr(request, "request_id", "")
    if isinstance(request.user, User):
        return Customer(request.user, None, request_id)
    return Customer(visitors.account(), None, request_id, is_trying=True)


def _placed(request: HttpRequest) -> Job:
    """A page of results that is loaded again sends its form again, and so does a second press."""
    customer = _customer(request)
    file = _file(request)
    key = _key(request, file)
    try:
        return _first(customer, key) or _place(request, customer, file, key)
    except IntegrityError:
        # Sent twice at the same moment: the other one placed it, and ours was undone.
        if first := _first(customer, key):
            return first
        raise


def _place(request: HttpRequest, customer: Customer, file: "UploadedFile[bytes]", key: str) -> Job:
    def enter(work: UUID) -> None:
        """Raises Unavailable, and costs no try then."""
        admission.take_place(customer.user.pk, in_batches=False)
        if key:
            IdempotentRequest.objects.create(
                owner=customer.user, key=key, work=work, held_until=Now(), created_at=Now()
            )
        if customer.is_trying:
            visitors.take_try(request)

    order = _order(file, customer)
    try:
        order.check()
        return placing.place(order, customer, enter)
    except InferenceError as error:
        raise BadImage(str(error)) from error


def _first(customer: Customer, key: str) -> Job | None:
    """What this form was sent for before; what failed, and what is gone, is done anew."""
    row = IdempotentRequest.objects.filter(owner=customer.user, key=key).first() if key else None
    if row is None or row.work is None:
        return None
    job = Job.objects.filter(pk=row.work, purged_at=None).exclude(state=Job.State.FAILED).first()
    if job is None:
        row.delete()
    return job


def _key(request: HttpRequest, file: "UploadedFile[bytes]") -> str:
    """Of this showing of the page and this picture: some browsers keep the fields of a page they go
    back to. Empty where the page told none."""
    try:
        nonce = UUID(request.POST.get("nonce", ""))
    except ValueError:
        return ""
    digest = hashlib.sha256()
    for part in file.chunks():
        digest.update(part)
    file.seek(0)
    return f"studio:{nonce}:{digest.hexdigest()}"


def _file(request: HttpRequest) -> "UploadedFile[bytes]":
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.size:
        raise BadImage("Choose a picture first.")
    return file


def _order(file: "UploadedFile[bytes]", customer: Customer) -> Order:
    options = Options(max_side=None if customer.pays else settings.TEST_KEY_MAX_SIDE)
    return Order(Upload(file, file.name or ""), RenderCutOut(options))
