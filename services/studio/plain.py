"""The studio without scripts: a form with a picture in, the finished cut-out back."""

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from accounts import rates
from accounts.models import User
from inference.errors import InferenceError
from inference.rendering import Options
from services import admission, jobs, placing, waiting
from services.errors import BadImage, Unavailable
from services.jobs import Customer
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order, Upload
from services.studio import visitors
from services.uploads import UploadLimits, check_coding

LIMITS = UploadLimits(settings.MAX_UPLOAD_BYTES)
_PER_MINUTE = 20
#: What is no fault of the picture, and may be over when it is sent again.
_PASSING = (jobs.CANCELLED, jobs.GAVE_UP, jobs.NO_ENGINE, jobs.NO_ROOM, jobs.INPUT_GONE)


def remove_background(request: HttpRequest) -> Job:
    """The completed job. Raises ApiError with a sentence for the page; nothing is charged then."""
    customer = _customer(request)
    order = _order(request, customer)
    try:
        order.check()
        job = placing.place(order, customer, lambda _job: _enter(request, customer))
    except InferenceError as error:
        raise BadImage(str(error)) from error
    job = waiting.wait(job, settings.SYNC_TIMEOUT_S)
    if not job.has_ended and jobs.abandon(job, error="It took too long."):
        raise Unavailable
    if job.error_code in _PASSING:
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


def _enter(request: HttpRequest, customer: Customer) -> None:
    """Raises Unavailable, and costs no try then."""
    admission.take_place(customer.user.pk, in_batches=False)
    if customer.is_trying:
        visitors.take_try(request)


def _order(request: HttpRequest, customer: Customer) -> Order:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.size:
        raise BadImage("Choose a picture first.")
    options = Options(max_side=None if customer.pays else settings.TEST_KEY_MAX_SIDE)
    return Order(Upload(file, file.name or ""), RenderCutOut(options))
