"""The v1 services (founding documents 000 to 002, contract v1)."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from inference.errors import InferenceError
from services import idempotency, jobs, placing, schemas
from services.dialects import envelope
from services.dialects.view import DialectView
from services.errors import ApiError, BadField, BadRequest, NoEngine
from services.models import Batch, Job
from services.operations import EDGES, QUALITIES, Edges, Operation, Quality, RemoveBackground
from services.placing import Recorder, Upload
from services.uploads import UploadLimits

MISSING = "field required"


class MaskrView(DialectView):
    """Errors are `{"detail": …}`: a sentence, or FastAPI's list for a wrong field."""

    def render_error(self, error: ApiError) -> Response:
        detail: Any = error.message
        if isinstance(error, BadField):
            detail = [{"loc": list(error.loc), "msg": error.message, "type": error.kind}]
        return Response({"detail": detail}, status=error.status)


class WorkView(MaskrView):
    """A POST that places work: parse, place (once per Idempotency-Key), wait, render."""

    timeout_s: ClassVar[float]

    def post(self, request: Request) -> Response:
        handlers = idempotency.Handlers(
            respond=lambda record: self.respond(request, record),
            resume=lambda work: self.resume(request, work),
        )
        return idempotency.run(request, self.customer(request).user, handlers)

    def respond(self, request: Request, record: Recorder) -> Response:
        raise NotImplementedError

    def resume(self, request: Request, work: UUID) -> Response | None:
        raise NotImplementedError

    def operation(self, request: Request) -> Operation:
        raise NotImplementedError

    def wait_s(self, request: Request) -> float:
        return 0.0 if wants_async(request) else self.timeout_s


class SingleView(WorkView):
    """One picture in the field `file_field`, answered with the envelope of its job."""

    file_field: ClassVar[str] = "file"
    upload_limits = UploadLimits(settings.MAX_UPLOAD_BYTES)
    timeout_s = settings.SYNC_TIMEOUT_S
    rate_per_minute = 60

    def respond(self, request: Request, record: Recorder) -> Response:
        upload = one_upload(request, self.file_field)
        operation = self.operation(request)
        try:
            # Nobody waits for the worker to find the damage when the answer is to come at once.
            upload.verify() if wants_async(request) else upload.probe()
            job = placing.place(upload, operation, self.customer(request), record)
        except InferenceError as error:
            raise self.unreadable(str(error)) from error
        return self.render(request, jobs.wait(job.pk, self.wait_s(request)))

    def resume(self, request: Request, work: UUID) -> Response | None:
        job = Job.objects.get(pk=work)
        return self.render(request, job) if job.has_ended else None

    def render(self, request: Request, job: Job) -> Response:
        if job.error_code == jobs.UNREADABLE:
            raise self.unreadable(job.error)
        if job.error_code == jobs.NO_ENGINE:
            raise NoEngine
        body = envelope.of_job(job, request._request)
        if job.has_ended:
            return Response(body, headers=envelope.headers_of(job))
        return accepted(body, f"/v1/jobs/{job.pk}", request)

    def unreadable(self, message: str) -> BadField:
        return BadField(("body", self.file_field), message, "image")


class BatchView(WorkView):
    """Up to 50 pictures in the field `files_field`; each fails or succeeds alone."""

    files_field: ClassVar[str] = "files"
    upload_limits = UploadLimits(
        settings.MAX_UPLOAD_BYTES, max_files=settings.MAX_BATCH_FILES, skips_large=True
    )
    timeout_s = settings.BATCH_TIMEOUT_S
    rate_per_minute = 30

    def respond(self, request: Request, record: Recorder) -> Response:
        uploads = self.uploads(request)
        batch = placing.place_batch(
            uploads, self.operation(request), self.customer(request), record
        )
        jobs.wait_for_batch(batch, self.wait_s(request))
        return self.render(request, batch)

    def uploads(self, request: Request) -> list[Upload]:
        files = cast("list[UploadedFile[bytes]]", request.FILES.getlist(self.files_field))
        if not files:
            raise BadRequest("No files provided")
        if len(files) > settings.MAX_BATCH_FILES:
            raise BadRequest(f"Too many files; at most {settings.MAX_BATCH_FILES} are accepted.")
        return [Upload(file, file.name or "") for file in files]

    def resume(self, request: Request, work: UUID) -> Response | None:
        batch = Batch.objects.get(pk=work)
        response = self.render(request, batch)
        return response if response.status_code == 200 else None

    def render(self, request: Request, batch: Batch) -> Response:
        body = envelope.of_batch(batch, request._request)
        if body["status"] == "completed":
            return Response(body)
        return accepted(body, f"/v1/batches/{batch.pk}", request)


class LookupView(MaskrView):
    """Reads of one's own work; anybody else's does not exist."""

    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = ""


class JobView(LookupView):
    """The envelope of a job as it stands now."""

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


class BackgroundRemoval(WorkView):
    """Picture in, grayscale mask out: white is the subject, black the background."""

    required_scope = RemoveBackground.service

    def operation(self, request: Request) -> Operation:
        customer = self.customer(request)
        return RemoveBackground(
            quality=cast(Quality, choice(request, "quality", QUALITIES, settings.QUALITY)),
            edges=cast(Edges, choice(request, "edges", EDGES, "fast")),
            max_side=None if customer.pays else settings.TEST_KEY_MAX_SIDE,
        )


class BackgroundRemovalView(BackgroundRemoval, SingleView):
    """`POST /v1/services/background-removal`."""

    rate_scope = "background-removal"

    @schemas.work(schemas.PictureForm, schemas.JobEnvelope)
    def post(self, request: Request) -> Response:
        return super().post(request)


class BackgroundRemovalBatchView(BackgroundRemoval, BatchView):
    """`POST /v1/services/background-removal/batch`."""

    rate_scope = "background-removal-batch"

    @schemas.work(schemas.PicturesForm, schemas.BatchEnvelope)
    def post(self, request: Request) -> Response:
        return super().post(request)


def one_upload(request: Request, field: str) -> Upload:
    """Raises BadField for none, several, or an empty file."""
    files = cast("list[UploadedFile[bytes]]", request.FILES.getlist(field))
    loc = ("body", field)
    if not files:
        raise BadField(loc, MISSING, "missing")
    if len(files) > 1:
        raise BadField(loc, "Send one file; the batch endpoint takes several.", "image")
    if not files[0].size:
        raise BadField(loc, "The file is empty.", "image")
    return Upload(files[0], files[0].name or "")


def choice(request: Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    """An option from the query or the form. Raises BadField naming where it came from."""
    for place, values in (("query", request.query_params), ("body", request.POST)):
        if name in values:
            if values[name] not in allowed:
                message = f"{name} must be one of: {', '.join(allowed)}."
                raise BadField((place, name), message, "choice")
            return values[name]
    return default


def wants_async(request: Request) -> bool:
    """RFC 7240; the header may list several preferences."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return any(preference.split(";")[0].strip() == "respond-async" for preference in preferences)


def accepted(body: dict[str, Any], path: str, request: Request) -> Response:
    headers = {"Location": envelope.absolute(path, request._request), "Retry-After": "1"}
    if wants_async(request):
        headers["Preference-Applied"] = "respond-async"
    return Response(body, status=202, headers=headers)
