"""remove.bg `/v1.0` (contract compat section 1)."""

import base64
import dataclasses
import time
from uuid import uuid4

from django.http import HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import key_from_headers
from accounts.rates import RateState
from billing import allowance, caps, credits, prices
from billing.amounts import to_number, to_text
from inference.decoding import PictureInfo
from inference.rendering import Options
from inference.rendering.files import MEDIA_TYPES
from services import errors, idempotency, options, sources, vendor_answers
from services.dialects import raw
from services.dialects.from_pages import CalledFromPages
from services.dialects.raw import Field, RawView
from services.errors import ApiError, BadOption, BadSource, NotFetched
from services.idempotency import Answer
from services.jobs import Customer
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order
from services.parsers import FORM_PARSERS
from services.sources import Form, SourceNames
from services.uploads import UploadLimits
from services.vendor_schemas import JsonSchema

MAX_BYTES = 22 * 1024 * 1024
PREVIEW, FULL = "removebg:preview", "removebg"
PREVIEW_PIXELS, FULL_PIXELS, PNG_PIXELS = 250_000, 25_000_000, 10_000_000
AUTO = 0
SIZES = {
    **dict.fromkeys(("preview", "small", "regular"), PREVIEW_PIXELS),
    "medium": 1_500_000,
    "hd": 4_000_000,
    **dict.fromkeys(("full", "4k"), FULL_PIXELS),
    "50mp": 50_000_000,
    "auto": AUTO,
}
FORMATS = {"auto": "auto", "png": "png", "jpg": "jpg", "jpeg": "jpg", "zip": "zip", "webp": "webp"}
TYPES = options.words(
    *("auto", "person", "product", "car", "animal", "graphic", "transportation"),
    *("car_interior", "car_part", "graphics", "other"),
)
TYPE_LEVELS = options.words("none", "1", "2", "latest")
FIELDS = {
    "size": Field("max_pixels", options.one_of(SIZES)),
    "format": Field("format", options.one_of(FORMATS)),
    "channels": Field("channels", options.words("rgba", "alpha")),
    "roi": Field("roi", options.region_or_all),
    "crop": Field("crop", options.boolean),
    "crop_margin": Field("crop_margin", options.margins),
    "scale": Field("scale", options.scale),
    "position": Field("position", options.position),
    "bg_color": Field("background", options.colour),
    # Without effect on the picture.
    "type": Field("", TYPES),
    "type_level": Field("", TYPE_LEVELS),
    "add_shadow": Field("", options.boolean),
    # There it is about the windows of cars: the edges of everything are soft with and without it.
    "semitransparency": Field("", options.boolean),
    "shadow_type": Field("", options.words("none", "3d", "car", "drop", "auto")),
    "shadow_opacity": Field("", options.number(0, 100)),
}
SOURCES = SourceNames(
    files=("image_file",), urls=("image_url",), base64s=("image_file_b64", "image_base64")
)
BACKGROUNDS = SourceNames(files=("bg_image_file",), urls=("bg_image_url",))

#: Status, code and title of each cause; the sentence is the cause's own.
_ERRORS: dict[type[ApiError], tuple[int, str, str]] = {
    errors.MissingSource: (400, "missing_source", "No image given"),
    errors.MultipleSources: (400, "multiple_sources", "Multiple image sources given"),
    errors.MultipleBackgrounds: (400, "multiple_bg_sources", "Multiple background sources given"),
    errors.FileTooLarge: (400, "file_too_large", "File too large"),
    errors.TooManyPixels: (400, "resolution_too_high", "Resolution too high"),
    errors.BadImageType: (400, "invalid_file_type", "Invalid file type"),
    errors.BadImage: (400, "failed_to_read_image", "Failed to read image"),
    errors.NoForeground: (
        *(400, "unknown_foreground"),
        "Could not identify foreground in image",
    ),
    errors.InsufficientCredits: (402, "insufficient_credits", "Insufficient credits"),
}
_BY_STATUS = {
    400: "invalid_request",
    401: "auth_failed",
    403: "auth_failed",
    429: "rate_limit_exceeded",
}
_BY_FIELD = {
    NotFetched: {"image_url": "failed_image_download", "bg_image_url": "failed_bg_download"},
    BadSource: {
        "image_url": "invalid_image_url",
        "bg_image_url": "invalid_bg_image_url",
        "image_file_b64": "failed_to_read_image",
        "image_base64": "failed_to_read_image",
    },
}


class RemoveBgView(CalledFromPages):
    """Errors are `{"errors": [{"title", "code", "detail"}]}`; a wrong key is 403, never 401."""

    vendor = "remove.bg"
    refusal = vendor_answers.RemoveBgErrors
    never_answers = frozenset({401, 413})

    def render_error(self, error: ApiError) -> Response:
        status, code, title = _told(error)
        if error.status == 401:
            has_key = key_from_headers(self.request) is not None
            status, title = 403, "API Key invalid" if has_key else "Missing API Key"
        body = {"title": title, "code": code, "detail": error.message}
        # The official client cannot print a refusal that does not say when the limit is reset.
        headers = _rate_limit(self.request, self.rate_per_minute) if status == 429 else {}
        return Response({"errors": [body]}, status=status, headers=headers)


class RemoveView(RemoveBgView, RawView):
    """`POST /v1.0/removebg`: multipart, urlencoded or JSON."""

    rate_scope = "removebg"
    upload_limits = UploadLimits(MAX_BYTES, max_files=2)
    max_pixels = 50_000_000
    media_types = (*RawView.media_types, MEDIA_TYPES["zip"])
    json = vendor_answers.RemoveBgJson
    fields = FIELDS
    sources = SOURCES
    companions = BACKGROUNDS.files

    def order(self, request: Request, form: Form) -> Order:
        values = {"format": "auto", "max_pixels": PREVIEW_PIXELS, "png_max_pixels": PNG_PIXELS}
        values |= raw.read_options(form, self.fields)
        image = self.source(request, form)
        has_colour = bool(values.get("background"))
        background = self.background(request, form, BACKGROUNDS, has_colour=has_colour)
        operation = RenderCutOut(Options(**self.limited(request, values)))
        return Order(image, operation, background=background)

    def sized(self, request: Request, order: Order, info: PictureInfo) -> Order:
        operation = raw.render_of(order)
        raw.check_region(operation.options.roi, info)
        pixels = operation.options.max_pixels
        if pixels == AUTO:
            pixels = self._best_payable(request, info)
            wanted = dataclasses.replace(operation.options, max_pixels=pixels)
            operation = dataclasses.replace(operation, options=wanted)
        price = PREVIEW if pixels == PREVIEW_PIXELS else FULL
        return dataclasses.replace(order, operation=operation, priced_as=price)

    def _best_payable(self, request: Request, info: PictureInfo) -> int:
        customer = self.customer(request)
        if info.width * info.height <= PREVIEW_PIXELS:
            return PREVIEW_PIXELS
        is_payable = not customer.pays or _may_pay(customer, prices.price_of(FULL))
        return FULL_PIXELS if is_payable else PREVIEW_PIXELS

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        answer: HttpResponse = raw.picture(job, data)
        top, left, width, height = job.details["foreground"]
        if raw.wants_json(request):
            body = {
                "result_b64": base64.b64encode(data).decode("ascii"),
                "foreground_top": top,
                "foreground_left": left,
                "foreground_width": width,
                "foreground_height": height,
            }
            answer = JsonResponse({"data": body})
        for name, value in self._headers(request, job).items():
            answer[name] = value
        return answer

    def _headers(self, request: Request, job: Job) -> dict[str, str]:
        texts = sources.read_form(request).texts
        top, left, width, height = job.details["foreground"]
        max_width, max_height = job.details["largest"]
        found = {
            "X-Width": str(job.output_width),
            "X-Height": str(job.output_height),
            "X-Credits-Charged": to_text(job.charged),
            "X-Max-Width": str(max_width),
            "X-Max-Height": str(max_height),
            "X-Foreground-Top": str(top),
            "X-Foreground-Left": str(left),
            "X-Foreground-Width": str(width),
            "X-Foreground-Height": str(height),
        }
        if texts.get("type_level", "1").strip().lower() != "none":
            # Nothing is classified here: the hint that was sent, else the most general class.
            hint = texts.get("type", "").strip().lower()
            found["X-Type"] = "other" if hint in ("", "auto") else hint
        return found | _rate_limit(request, self.rate_per_minute)


class AccountView(RemoveBgView):
    """`GET /v1.0/account`. The official client raises on a key more or less in the inner objects."""

    schema = JsonSchema()
    json = vendor_answers.RemoveBgAccount
    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = "account:read"

    def get(self, request: Request) -> Response:
        customer = self.customer(request)
        balance = max(0, credits.balance(customer.user))
        # The vendor's own contracts that are paid by invoice stand there, too.
        invoiced = allowance.invoiced(customer.user, customer.api_key)
        amounts = {
            "total": to_number(balance + invoiced),
            "subscription": 0,
            "payg": to_number(balance),
            "enterprise": to_number(invoiced),
        }
        api = {"free_calls": 0, "sizes": "all"}
        return Response({"data": {"attributes": {"credits": amounts, "api": api}}})


class ImproveView(RemoveBgView, RawView):
    """`POST /v1.0/improve`: taken note of, but kept from no one who did not opt in to training."""

    parser_classes = FORM_PARSERS
    never_answers = RemoveBgView.never_answers | {402, 410}
    media_types = ()
    json = vendor_answers.RemoveBgNoted
    rate_scope = "removebg"
    upload_limits = UploadLimits(MAX_BYTES)
    sources = SOURCES

    def post(self, request: Request) -> Answer:
        handlers = idempotency.Handlers(
            respond=lambda _record: self._noted(request), resume=lambda _work: None
        )
        return idempotency.run(request, self.customer(request).user, handlers)

    def _noted(self, request: Request) -> Response:
        raw.check_picture(self.source(request, sources.read_form(request)))
        return Response({"id": str(uuid4())})


def _rate_limit(request: Request, per_minute: int) -> dict[str, str]:
    """Where the client stands, in requests a minute; who has no limit, at the beginning of one.

    The vendor's answers always have them, and its clients read numbers from them.
    """
    state = getattr(request._request, "rate_state", None)
    if state is None:
        state = RateState(per_minute, per_minute, 0, is_allowed=True)
    return {
        "X-RateLimit-Limit": str(state.limit),
        "X-RateLimit-Remaining": str(state.remaining),
        "X-RateLimit-Reset": str(int(time.time()) + state.reset_s),
    }


def _may_pay(customer: Customer, price: int) -> bool:
    key = customer.api_key
    return credits.covers(customer.user, price) and (key is None or caps.allows(key, price))


def _told(error: ApiError) -> tuple[int, str, str]:
    """Status, code and title."""
    if type(error) in _ERRORS:
        return _ERRORS[type(error)]
    if isinstance(error, errors.RoiOutside | errors.RoiEmpty):
        return 400, error.code, "Invalid roi parameter given"
    if isinstance(error, BadOption):
        return 400, f"invalid_{error.field}", f"Invalid {error.field} parameter given"
    if isinstance(error, BadSource):
        code = _BY_FIELD[type(error)].get(error.field, "invalid_request")
        title = f"Invalid {error.field} parameter given"
        return 400, code, "Failed to fetch image" if isinstance(error, NotFetched) else title
    title = "Rate limit exceeded" if error.status == 429 else error.message
    return error.status, _BY_STATUS.get(error.status, error.code), title
