"""The view of the raw-bytes APIs: a picture in, the finished file out, within one request."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.request import MediaType
from rest_framework.request import Request

from inference.decoding import PictureInfo
from inference.errors import (
    InferenceError,
    UnreadableImage,
    UnsupportedFormat,
    UnusableBackground,
)
from inference.errors import TooManyPixels as TooManyPixelsThere
from inference.rendering import Length, Region
from inference.rendering.files import MEDIA_TYPES
from services import failures, files, idempotency, jobs, placing, sources, waiting
from services.dialects.view import DialectView
from services.errors import (
    ApiError,
    BadImage,
    BadImageType,
    BadOption,
    MultipleBackgrounds,
    MultipleSources,
    NoEngine,
    NoForeground,
    NotFetched,
    Purged,
    RoiEmpty,
    RoiOutside,
    TooManyPixels,
    Unavailable,
)
from services.idempotency import Answer
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order, Upload
from services.parsers import FORM_PARSERS
from services.placing import Recorder
from services.sources import Form, SourceNames
from services.uploads import UploadLimits
from services.vendor_answers import JPEG, PNG, WEBP, Shape
from services.vendor_schemas import RawSchema


@dataclass(frozen=True)
class Field:
    """An option: what it is called in our own terms, and how its text is read."""

    attribute: str
    parse: Callable[[str], Any]


Fields = Mapping[str, Field]


class RawView(DialectView):
    """Subclasses say how fields are called and how results and errors look."""

    parser_classes = FORM_PARSERS
    required_scope = "background-removal"
    rate_per_minute = 60
    sources: ClassVar[SourceNames]
    fields: ClassVar[Fields] = {}
    #: Fields of a second file, a mask or a background.
    companions: ClassVar[tuple[str, ...]] = ()
    schema = RawSchema()
    #: For /docs/api: the types that the answer may have, beside `json`.
    media_types: ClassVar[tuple[str, ...]] = (PNG, JPEG, WEBP)
    json: ClassVar[Shape | None] = None
    #: The vendor's own limit; MASKR_MAX_PIXELS holds as well.
    max_pixels: ClassVar[int] = 10**9

    @property
    def takes_base64(self) -> bool:
        return bool(self.sources.base64s)

    def post(self, request: Request) -> Answer:
        handlers = idempotency.Handlers(
            respond=lambda record: self.respond(request, self.with_a_place(request, record)),
            resume=lambda work: self.resume(request, work),
            keeps_answer=False,
            distinction=self.distinction(request),
        )
        return idempotency.run(request, self.customer(request).user, handlers)

    def distinction(self, _request: Request) -> str:
        """What of the headers decides about the result; nothing for its usual form."""
        return ""

    def order(self, request: Request, form: Form) -> Order:
        """Raises BadOption, MissingSource and their like for what the fields tell."""
        raise NotImplementedError

    def render(self, request: Request, job: Job, data: bytes) -> Answer:
        """The answer for a completed job and the bytes of its result."""
        raise NotImplementedError

    def sized(self, _request: Request, order: Order, _info: PictureInfo) -> Order:
        """The order as it is placed, once the size of the picture is known."""
        return order

    def source(self, request: Request, form: Form) -> Upload:
        """The picture to be worked on. Raises MissingSource and what `sources.find` raises."""
        found = self.find(request, form, self.sources)
        if found is None:
            raise sources.missing(form, self.sources)
        return found

    def find(self, request: Request, form: Form, names: SourceNames) -> Upload | None:
        limits = self.upload_limits or UploadLimits(settings.MAX_UPLOAD_BYTES)
        try:
            return sources.find(form, names, limits.max_bytes, self.customer(request).user)
        except sources.TooManyFetches as error:
            # The headers tell of the limit that was hit: of requests there may be plenty left.
            request._request.rate_state = error.state  # type: ignore[attr-defined]
            raise

    def background(
        self, request: Request, form: Form, names: SourceNames, *, has_colour: bool
    ) -> Upload | None:
        """The picture to put behind. Raises MultipleBackgrounds, and BadImage when it is none.

        BadOption for what came in the place of its file: nobody pays for a picture without it.
        """
        if has_colour and sources.is_given(form, names):
            raise MultipleBackgrounds
        try:
            found = self.find(request, form, names)
        except MultipleSources as error:
            raise MultipleBackgrounds from error
        if found:
            try:
                check_picture(found)
            except BadImage as error:
                raise type(error)(str(UnusableBackground(error))) from error
        elif wrong := sources.in_place_of_a_file(form, names):
            raise BadOption(wrong, f"expected a file, with curl: -F {wrong}=@background.jpg")
        return found

    def limited(self, request: Request, values: dict[str, Any]) -> dict[str, Any]:
        """The options, with the size that test keys get as a limit."""
        if self.customer(request).pays:
            return values
        longest = min(
            values.get("max_side") or settings.TEST_KEY_MAX_SIDE, settings.TEST_KEY_MAX_SIDE
        )
        return values | {"max_side": longest}

    def respond(self, request: Request, record: Recorder) -> Answer:
        order = self.order(request, sources.read_form(request))
        try:
            info = order.check()
            if info.width * info.height > self.max_pixels:
                raise TooManyPixelsThere(info.width, info.height, self.max_pixels)
            order = self.sized(request, order, info)
            job = placing.place(order, self.customer(request), record)
        except InferenceError as error:
            raise _refusal(error, order.image) from error
        return self.finish(request, self.wait(request, job))

    def wait(self, request: Request, job: Job) -> Job:
        """The job when it has ended: there is no later to send the picture in."""
        is_gone = partial(self.is_gone, request)
        job = waiting.wait(job, settings.SYNC_TIMEOUT_S, is_gone)
        if job.has_ended or jobs.cancel(job, error="The request timed out."):
            return job
        job = waiting.wait(job, settings.SYNC_TIMEOUT_S, is_gone)
        if not job.has_ended:
            jobs.abandon(job, error="The request timed out.")
        return job

    def resume(self, request: Request, work: UUID) -> Answer | None:
        job = Job.objects.get(pk=work)
        return self.finish(request, job) if job.has_ended else None

    def finish(self, request: Request, job: Job) -> Answer:
        job.refresh_from_db()
        if job.state != Job.State.COMPLETED:
            raise _failure(job)
        if job.purged_at:
            raise Purged
        return self.render(request, job, files.read_result(job))


def read_options(form: Form, fields: Fields) -> dict[str, Any]:
    """The values of the options that were sent, by attribute. Raises BadOption.

    Fields without an attribute are checked all the same, and have no effect.
    """
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in form.odd:
            raise BadOption(name, sources.ONE_VALUE)
        # An empty field is one that was left empty: a page's form and many a client send them all.
        if form.texts.get(name, "").strip():
            try:
                value = field.parse(form.texts[name])
            except ValueError as error:
                raise BadOption(name, str(error)) from None
            if field.attribute:
                values[field.attribute] = value
    return values


def check_picture(upload: Upload) -> None:
    """Raises BadImage or NotFetched for an upload that is no picture."""
    try:
        upload.probe()
    except InferenceError as error:
        raise _refusal(error, upload) from error


def check_region(region: Region | None, info: PictureInfo) -> None:
    """Raises RoiOutside or RoiEmpty."""
    if region is None:
        return
    left, right = (_pixels(side, info.width) for side in (region.left, region.right))
    top, bottom = (_pixels(side, info.height) for side in (region.top, region.bottom))
    if max(left, right) > info.width or max(top, bottom) > info.height:
        message = f"the region reaches beyond the image ({info.width} x {info.height})"
        raise RoiOutside("roi", message)
    if left >= right or top >= bottom:
        raise RoiEmpty("roi", "the region is empty")


def render_of(order: Order) -> RenderCutOut:
    """The operation of an order of this API; raises TypeError for any other."""
    if not isinstance(order.operation, RenderCutOut):
        raise TypeError(order.operation)
    return order.operation


def _pixels(length: Length, whole: int) -> float:
    return length.value * whole / 100 if length.unit == "%" else length.value


def picture(job: Job, data: bytes) -> HttpResponse:
    """The bytes with their type and nothing else."""
    return HttpResponse(data, content_type=MEDIA_TYPES[job.result_extension])


def wants_json(request: Request) -> bool:
    """Whether the answer is to be JSON: where the Accept header takes that and no picture.

    axios and n8n name JSON first and take everything; their users expect a picture.
    """
    with contextlib.suppress(ValueError):  # a header that cannot be read asks for nothing
        # Without parameters: "; charset=utf-8" is sent with JSON, and means nothing there.
        taken = [f"{kind.main_type}/{kind.sub_type}" for kind in request._request.accepted_types]
        is_picture_fine = any(_is_among(taken, kind) for kind in MEDIA_TYPES.values())
        return _is_among(taken, "application/json") and not is_picture_fine
    return False


def _is_among(taken: list[str], kind: str) -> bool:
    return any(MediaType(kind).match(other) for other in taken)


def _refusal(error: InferenceError, upload: Upload) -> ApiError:
    """What was found at the door."""
    if upload.fetched_for and isinstance(error, UnreadableImage):
        return NotFetched(upload.fetched_for)
    match error:
        case UnsupportedFormat():
            return BadImageType(str(error))
        case TooManyPixelsThere():
            return TooManyPixels(str(error))
    return BadImage(str(error))


def _failure(job: Job) -> ApiError:
    """What was found in the worker."""
    match job.error_code:
        case failures.UNREADABLE | failures.UNUSABLE_MASK:
            return BadImage(job.error)
        case failures.NO_ENGINE:
            return NoEngine()
        case failures.FORMAT_TOO_SMALL:
            return BadOption("format", job.error.removesuffix("."))
        case failures.NOTHING_FOUND:
            return NoForeground()
        case code if code in failures.PASSING:
            return Unavailable()
    return ApiError()
