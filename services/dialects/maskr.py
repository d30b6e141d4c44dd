"""What the v1 services have in common (founding documents 000 to 002, contract v1)."""

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import ApiKeyAuthentication
from inference.errors import InferenceError, UnusableMask
from services import failures, idempotency, placing, schemas, waiting
from services.dialects import envelope, fields
from services.dialects.view import DialectView
from services.errors import ApiError, BadField, BadInput, BadRequest, NoEngine, Unavailable
from services.idempotency import Answer
from services.models import Batch, Job
from services.orders import Order, Upload
from services.placing import Recorder
from services.studio.authentication import PageSession
from services.uploads import UploadLimits


class MaskrView(DialectView):
    """Errors are `{"detail": …}`: a sentence, or FastAPI's list for a wrong field."""

    vendor = "Services"
    key_header = "Authorization"
    #: The form field of the picture itself.
    file_field: ClassVar[str] = "file"

    def render_error(self, error: ApiError) -> Response:
        detail: Any = error.message
        if isinstance(error, BadInput):
            error = self.placed(error)
        if isinstance(error, BadField):
            detail = [{"loc": list(error.loc), "msg": error.message, "type": error.kind}]
        return Response({"detail": detail}, status=error.status)

    def placed(self, error: BadInput) -> BadField:
        """The same error with the place in the request that the core does not know."""
        if error.part == "image":
            loc = "body", self.file_field
        elif error.part == "mask":
            loc = "body", "mask"
        else:
            found = fields.text(self.request, error.part)
            loc = found[0] if found else "query", error.part
        return BadField(loc, error.message, error.kind)


class WorkView(MaskrView):
    """A POST that places work: parse, place (once per Idempotency-Key), wait, render."""

    timeout_s: ClassVar[float]

    def post(self, request: Request) -> Answer:
        handlers = idempotency.Handlers(
            respond=lambda record: self.respond(request, self.with_a_place(request, record)),
            resume=lambda work: self.resume(request, work),
        )
        return idempotency.run(request, self.customer(request).user, handlers)

    def respond(self, request: Request, record: Recorder) -> Response:
        raise NotImplementedError

    def resume(self, request: Request, work: UUID) -> Response | None:
        raise NotImplementedError

    def will_wait(self, request: Request) -> bool:
        return self.wait_s(request) > 0

    def wait_s(self, request: Request) -> float:
        return 0.0 if fields.wants_async(request) else self.timeout_s

    def max_side(self, request: Request) -> int | None:
        """The longest side a result may have: test keys get small ones."""
        return None if self.customer(request).pays else settings.TEST_KEY_MAX_SIDE


class SingleView(WorkView):
    """One picture in the field `file_field`, answered with the envelope of its job."""

    authentication_classes = [ApiKeyAuthentication, PageSession]
    upload_limits = UploadLimits(settings.MAX_UPLOAD_BYTES)
    timeout_s = settings.SYNC_TIMEOUT_S
    rate_per_minute = 60

    def order(self, request: Request) -> Order:
        """Raises BadField for what the fields alone tell."""
        raise NotImplementedError

    def respond(self, request: Request, record: Recorder) -> Response:
        order = self.order(request)
        try:
            # Nobody waits for the worker to find the damage when the answer is to come at once.
            order.check(thoroughly=fields.wants_async(request))
            job = placing.place(order, self.customer(request), record)
        except InferenceError as error:
            raise _unreadable(error) from error
        is_gone = partial(self.is_gone, request)
        return self.render(request, waiting.wait(job, self.wait_s(request), is_gone))

    def resume(self, request: Request, work: UUID) -> Response | None:
        job = Job.objects.get(pk=work)
        return self.render(request, job) if job.has_ended else None

    def render(self, request: Request, job: Job) -> Response:
        if part := _UNREADABLE_PARTS.get(job.error_code):
            raise BadInput(part, job.error, "image")
        if job.error_code == failures.NO_ENGINE:
            raise NoEngine
        if job.error_code in failures.OF_STORAGE:
            raise Unavailable
        body = envelope.of_job(job, request._request)
        if job.has_ended:
            return Response(body, headers=envelope.headers_of(job))
        return accepted(body, f"/v1/jobs/{job.pk}", request)


class BatchView(WorkView):
    """Up to 50 pictures; each fails or succeeds alone."""

    upload_limits = UploadLimits(
        settings.MAX_UPLOAD_BYTES, max_files=settings.MAX_BATCH_FILES, skips_large=True
    )
    is_batch = True
    timeout_s = settings.BATCH_TIMEOUT_S
    rate_per_minute = 30

    def orders(self, request: Request) -> list[Order]:
        """At least one. Raises BadField and BadRequest for what the fields alone tell."""
        raise NotImplementedError

    def respond(self, request: Request, record: Recorder) -> Response:
        orders = self.orders(request)
        batch = placing.place_batch(orders, self.customer(request), record)
        waiting.wait_for_batch(batch, self.wait_s(request), partial(self.is_gone, request))
        return self.render(request, batch)

    def pictures(self, request: Request, field: str) -> list[Upload]:
        """Raises BadRequest for none, or more than a batch may have."""
        pictures = fields.uploads(request, field)
        if not pictures:
            raise BadRequest("No files provided")
        if len(pictures) > settings.MAX_BATCH_FILES:
            raise BadRequest(self.upload_limits.too_many)
        return pictures

    def resume(self, request: Request, work: UUID) -> Response | None:
        batch = Batch.objects.get(pk=work)
        response = self.render(request, batch)
        return response if response.status_code == 200 else None

    def render(self, request: Request, batch: Batch) -> Response:
        """Raises Unavailable where nothing came of it because of us, and nothing was charged."""
        body = envelope.of_batch(batch, request._request)
        if body["status"] == "completed":
            if (
                not body["completed"]
                and batch.jobs.filter(error_code__in=failures.OF_STORAGE).exists()
            ):
                raise Unavailable
            return Response(body)
        return accepted(body, f"/v1/batches/{batch.pk}", request)


class LookupView(MaskrView):
    """Reads of one's own work; anybody else's does not exist. Whatever a key may do, it may look."""

    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = None


class JobView(LookupView):
    """The envelope of a job as it stands now."""

    authentication_classes = [ApiKeyAuthentication, PageSession]

    @schemas.lookup(schemas.JobEnvelope)
    def get(self, request: Request, job_id: UUID) -> Response:
        job = Job.objects.filter(pk=job_id, owner=self.customer(request).user).first()
        if job is None:
            raise Http404
        return Response(envelope.of_job(job, request._request), headers=envelope.headers_of(job))


class BatchLookupView(LookupView):
    """The envelope of a batch as it stands now."""

    @schemas.lookup(schemas.BatchEnvelope)
    def get(self, request: Request, batch_id: UUID) -> Response:
        batch = Batch.objects.filter(pk=batch_id, owner=self.customer(request).user).first()
        if batch is None:
            raise Http404
        return Response(envelope.of_batch(batch, request._request))


_UNREADABLE_PARTS = {failures.UNREADABLE: "image", failures.UNUSABLE_MASK: "mask"}


def _unreadable(error: InferenceError) -> BadInput:
    part = "mask" if isinstance(error, UnusableMask) else "image"
    return BadInput(part, str(error), "image")


def accepted(body: dict[str, Any], path: str, request: Request) -> Response:
    headers = {"Location": envelope.absolute(path, request._request), "Retry-After": "1"}
    if fields.wants_async(request):
        headers["Preference-Applied"] = "respond-async"
    return Response(body, status=202, headers=headers)
