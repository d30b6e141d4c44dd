"""`/v2` (founding document 003, contract compat section 6)."""

import base64
import contextlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse, JsonResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import ApiKeyAuthentication, key_from_headers
from billing import plans
from inference.rendering import Options
from inference.rendering.files import MEDIA_TYPES
from services import errors, options, sources, vendor_answers
from services.dialects import raw
from services.dialects.photoroom import images_available
from services.dialects.raw import Field, RawView
from services.dialects.view import DialectView
from services.errors import ApiError
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order
from services.parsers import ALL_PARSERS
from services.sources import Form, SourceNames
from services.uploads import UploadLimits
from services.vendor_schemas import JsonSchema

MAX_BYTES = 30 * 1024 * 1024
FORMATS = {
    "png": "png",
    "jpg": "jpg",
    "jpeg": "jpg",
    "webp": "webp",
    "bmp": "bmp",
    "tiff": "tiff",
    "tif": "tiff",
    "gif": "gif",
}
#: Pixels of the result at most; None for no limit.
SIZES: dict[str, int | None] = {
    "preview": 250_000,
    "medium": 1_500_000,
    "hd": 4_000_000,
    "full": None,
    "auto": None,
}
FIELDS = {
    "format": Field("format", options.one_of(FORMATS)),
    "channels": Field("channels", options.words("rgba", "alpha")),
    "size": Field("max_pixels", options.one_of(SIZES)),
    "crop": Field("crop", options.boolean),
    "bg_color": Field("background", options.colour),
    "despill": Field("despill", options.boolean),
}
_CODES = {
    errors.FileTooLarge: (413, "payload_too_large"),
    errors.TooManyPixels: (413, "image_too_large"),
    errors.BadOption: (400, "invalid_option"),
    errors.NotFetched: (400, "image_fetch_failed"),
    errors.BadSource: (400, "invalid_image"),
    errors.BadImage: (400, "invalid_image"),
    errors.BadImageType: (400, "invalid_image"),
    errors.NoForeground: (400, "unknown_foreground"),
    errors.MissingSource: (400, "invalid_request"),
    errors.MultipleSources: (400, "invalid_request"),
    errors.InsufficientCredits: (402, "insufficient_credits"),
}
_BY_STATUS = {
    400: "invalid_request",
    401: "invalid_api_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
}
_KEY_NAMES = ("api_key", "apikey", "x-api-key", "key")


class LegacyKeyAuthentication(ApiKeyAuthentication):
    """Headers first; then the query string, then the JSON body, for old integrations."""

    def plaintext(self, request: Request) -> str | None:
        if found := key_from_headers(request) or _key_among(request.query_params):
            return found
        if not request.content_type.startswith("application/json"):
            return None
        # Read before anything is known of the caller, but no further than the limit.
        with contextlib.suppress(ParseError, ApiError):
            body: Any = request.data
            return _key_among(body) if isinstance(body, dict) else None
        return None


def _key_among(fields: Mapping[str, Any]) -> str | None:
    values = {name.lower(): value for name, value in fields.items()}
    sent = (values.get(name) for name in _KEY_NAMES)
    return next((text for text in sent if text and isinstance(text, str)), None)


class BackgroundEraseView(DialectView):
    """Errors are `{"error": {"code", "message", "status", "request_id", "details"}}`."""

    authentication_classes = [LegacyKeyAuthentication]
    vendor = "The /v2 API"
    refusal = vendor_answers.BackgroundEraseError

    def render_error(self, error: ApiError) -> Response:
        status, code = _CODES.get(type(error), (error.status, _BY_STATUS.get(error.status)))
        code, message = code or error.code, error.message
        if status == 401 and LegacyKeyAuthentication().plaintext(self.request) is None:
            code, message = "missing_api_key", "Missing API key."
        elif status == 401:
            message = "Invalid or revoked API key."
        body = {
            "code": code,
            "message": message,
            "status": status,
            "request_id": getattr(self.request._request, "request_id", ""),
            "details": {"field": error.field} if isinstance(error, errors.BadOption) else {},
        }
        return Response({"error": body}, status=status)


class RemoveView(BackgroundEraseView, RawView):
    """`POST /v2`: multipart, urlencoded or JSON fields, or the bare picture, whatever it is called."""

    parser_classes = ALL_PARSERS
    media_types = tuple(MEDIA_TYPES[kind] for kind in dict.fromkeys(FORMATS.values()))
    json = vendor_answers.BackgroundEraseJson
    rate_scope = "backgrounderase"
    max_pixels = 100_000_000
    fields = FIELDS
    sources = SourceNames(
        files=("image_file", "image", "file"),
        urls=("image_url",),
        base64s=("image_base64", "image_file_b64", "image"),
    )
    # To be sure, some send the same picture under each name.
    upload_limits = UploadLimits(MAX_BYTES, max_files=len(sources.files))

    def order(self, request: Request, form: Form) -> Order:
        values = raw.read_options(form, self.fields)
        image = self.source(request, form)
        if _is_legacy(form):
            values["channels"] = "alpha"
        if values.get("channels") == "alpha":
            values["format"] = "png"
        operation = RenderCutOut(Options(**self.limited(request, values)))
        return Order(image, operation, priced_as="backgrounderase")

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        form = sources.read_form(request)
        if not form.is_json:
            return raw.picture(job, data)
        body: dict[str, Any] = {"width": job.output_width, "height": job.output_height}
        text = base64.b64encode(data).decode("ascii")
        if _is_legacy(form):
            return JsonResponse({"mask": text, **body})
        return JsonResponse({"image": text, **body, "format": job.result_extension})


class AccountView(BackgroundEraseView):
    """`GET /v2/account`: also Photoroom's, whose keys are another set."""

    schema = JsonSchema()
    json = vendor_answers.BackgroundEraseAccount
    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = "account:read"

    def get(self, request: Request) -> Response:
        customer = self.customer(request)
        key = customer.api_key
        available = images_available(customer)
        body = {
            "status": "ok",
            "api_key": {
                "valid": True,
                "mode": key.account_mode if key else "live",
                "fingerprint": key.fingerprint if key else "",
            },
            "account": {
                "email": customer.user.email,
                **asdict(plans.standing(customer.user)),
                "usage_unit": "image",
            },
            "images": {"available": available, "subscription": available},
            "plan": "basic",
        }
        return Response(body)


def _is_legacy(form: Form) -> bool:
    """The old JSON body `{"image": "<base64>"}`, answered with the mask."""
    return form.is_json and "image" in form.texts
