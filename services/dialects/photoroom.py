"""Photoroom's basic API `/v1/segment` (contract compat section 2)."""

import base64

from django.http import HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import key_from_headers
from billing import allowance
from billing.amounts import HUNDREDTHS
from inference.rendering import Options
from services import errors, options, vendor_answers
from services.dialects import raw
from services.dialects.from_pages import CalledFromPages
from services.dialects.raw import Field, RawView
from services.errors import ApiError
from services.jobs import Customer
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order
from services.sources import Form, SourceNames
from services.uploads import UploadLimits
from services.vendor_schemas import JsonSchema

MAX_BYTES = 30 * 1024 * 1024
SIZES = {"preview": 250_000, "medium": 1_500_000, "hd": 4_000_000, "full": 36_000_000}
FIELDS = {
    "format": Field("format", options.one_of({"png": "png", "jpg": "jpg", "webp": "webp"})),
    "channels": Field("channels", options.words("rgba", "alpha")),
    "bg_color": Field("background", options.colour),
    "size": Field("max_pixels", options.one_of(SIZES)),
    "crop": Field("crop", options.boolean),
    "despill": Field("despill", options.boolean),
}
_TYPES = {
    errors.MissingSource: "missing_image",
    errors.MultipleSources: "multiple_images",
    errors.BadImage: "invalid_image",
    errors.BadImageType: "invalid_image_type",
    errors.TooManyPixels: "image_too_large",
    errors.FileTooLarge: "image_too_large",
    errors.BadOption: "invalid_parameter",
    errors.BadSource: "invalid_image",
}


class PhotoroomView(CalledFromPages):
    """Errors are `{"detail", "status_code", "type"}`; a wrong key is 403."""

    vendor = "Photoroom"
    refusal = vendor_answers.PhotoroomError
    never_answers = frozenset({401, 413})

    def render_error(self, error: ApiError) -> Response:
        if error.status in (401, 403):
            body = {"detail": error.message, "status_code": 403, "type": "unauthorized"}
            # The shape of the vendor's FAQ beside that of its specification.
            return Response(body | {"error": {"message": "Unauthorized"}}, status=403)
        status = 400 if error.status == 413 else error.status
        detail = error.message
        if isinstance(error, errors.MissingSource) and not error.came_as_text:
            detail = "Please provide an image."
        kind = _TYPES.get(type(error), error.code)
        return Response({"detail": detail, "status_code": status, "type": kind}, status=status)


class SegmentView(PhotoroomView, RawView):
    """`POST /v1/segment`: multipart, or JSON with base64."""

    rate_scope = "photoroom"
    json = vendor_answers.PhotoroomJson
    upload_limits = UploadLimits(MAX_BYTES)
    fields = FIELDS
    sources = SourceNames(files=("image_file",), base64s=("image_file_b64",))

    def order(self, request: Request, form: Form) -> Order:
        values = {"max_pixels": SIZES["full"]} | raw.read_options(form, self.fields)
        operation = RenderCutOut(Options(**self.limited(request, values)))
        return Order(self.source(request, form), operation, priced_as="photoroom")

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        answer: HttpResponse = raw.picture(job, data)
        if raw.wants_json(request):
            text = base64.b64encode(data).decode("ascii")
            answer = JsonResponse({"base64img": text, "result_b64": text})
        answer["X-Uncertainty-Score"] = f"{job.details['ambiguous']:.4f}"
        return answer


class AccountView(PhotoroomView):
    """`GET /v1/account`: whole credits only, rounded down. Without a key it is a bad request."""

    schema = JsonSchema()
    json = vendor_answers.PhotoroomAccount
    also_answers = frozenset({400})
    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = "account:read"

    def render_error(self, error: ApiError) -> Response:
        if error.status == 401 and key_from_headers(self.request) is None:
            return Response({"error": {"message": "apiKey: Required"}}, status=400)
        return super().render_error(error)

    def get(self, request: Request) -> Response:
        available = images_available(self.customer(request))
        return Response({"credits": {"available": available, "subscription": available}})


def images_available(customer: Customer) -> int:
    """Whole credits that are left."""
    return allowance.left(customer.user, customer.api_key) // HUNDREDTHS
