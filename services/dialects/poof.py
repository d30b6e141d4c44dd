"""Poof: `/v1/remove` and `/v1/me` (founding document 004, contract compat section 7)."""

import contextlib
import re
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from billing import allowance, credits, plans
from billing.amounts import to_number
from inference.rendering import Length, Options
from services import errors, options, vendor_answers
from services.dialects import raw
from services.dialects.from_pages import CalledFromPages
from services.dialects.raw import Field, RawView
from services.errors import ApiError
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order
from services.sources import Form, SourceNames
from services.uploads import UploadLimits
from services.vendor_schemas import JsonSchema

MAX_BYTES = 20 * 1024 * 1024
#: Longest side in pixels; the document's own five.
SIDES = {"full": None, "preview": 256, "small": 512, "medium": 1024, "large": 2048}
#: A cap in pixels that newer clients offer beside them.
HD_PIXELS = 4_000_000
_RATIO = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?)\s*:\s*([0-9]{1,4}(?:\.[0-9]{1,4})?)")


def size(text: str) -> dict[str, int | None]:
    """The limit that a preset stands for, by the name of the option."""
    word = text.strip().lower()
    if word == "hd":
        return {"max_pixels": HD_PIXELS}
    return {"max_side": options.one_of(SIDES | {"hd": None})(word)}


def crop(text: str) -> dict[str, object]:
    """true, false, or a ratio such as 4:3."""
    found = _RATIO.fullmatch(text.strip())
    if found:
        width, height = float(found[1]), float(found[2])
        if 0.01 <= width <= 10_000 and 0.01 <= height <= 10_000:
            return {"crop": True, "crop_ratio": (width, height)}
    else:
        with contextlib.suppress(ValueError):
            return {"crop": options.boolean(text)}
    raise ValueError("expected true, false or a ratio such as 4:3")


def padding(text: str) -> Length:
    """A length; a bare number up to 1 is a share, as the vendor's client documents."""
    found = options.length(text)
    is_share = text.strip().replace(".", "", 1).isdecimal() and found.value <= 1
    return Length(found.value * 100, "%") if is_share else found


FIELDS = {
    "format": Field(
        "format", options.one_of({"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"})
    ),
    "channels": Field("channels", options.words("rgba", "rgb", "alpha")),
    "bg_color": Field("background", options.colour),
    "size": Field("size", size),
    "crop": Field("crop", crop),
    "padding": Field("padding", padding),
    "width": Field("width", options.whole(1, 6000)),
    "height": Field("height", options.whole(1, 6000)),
    "fit": Field("fit", options.words("contain", "cover", "scale-down")),
}
_CODES = {
    errors.MissingSource: (400, "missing_image"),
    errors.MultipleSources: (400, "validation_error"),
    errors.BadOption: (400, "validation_error"),
    errors.FileTooLarge: (400, "image_too_large"),
    errors.TooManyPixels: (400, "image_too_large"),
    errors.BadImage: (400, "validation_error"),
    errors.BadImageType: (400, "validation_error"),
    errors.BadSource: (400, "validation_error"),
    errors.NotFetched: (400, "validation_error"),
    errors.NoForeground: (400, "validation_error"),
}
_BY_STATUS = {
    400: "validation_error",
    401: "authentication_error",
    402: "payment_required",
    403: "permission_denied",
    415: "validation_error",
    429: "rate_limit_exceeded",
    500: "internal_server_error",
    503: "upstream_error",
}


class PoofView(CalledFromPages):
    """Errors are flat: `{"code", "message", "details", "request_id"}`."""

    vendor = "The /v1/remove API"
    refusal = vendor_answers.PoofError
    never_answers = frozenset({413, 415})

    def render_error(self, error: ApiError) -> Response:
        by_status = _BY_STATUS.get(error.status, error.code)
        status, code = _CODES.get(type(error), (error.status, by_status))
        status = 400 if status == 415 else status
        field = getattr(error, "field", "")
        body = {
            "code": code,
            "message": error.message,
            "details": {"field": field} if field else "",
            "request_id": getattr(self.request._request, "request_id", ""),
        }
        return Response(body, status=status)


class RemoveView(PoofView, RawView):
    """`POST /v1/remove`: multipart, or an address urlencoded."""

    rate_scope = "poof"
    fields = FIELDS
    sources = SourceNames(files=("image_file", "file"), urls=("url", "image_url"))
    # To be sure, some send the same picture under each name.
    upload_limits = UploadLimits(MAX_BYTES, max_files=len(sources.files))

    def order(self, request: Request, form: Form) -> Order:
        values = raw.read_options(form, self.fields)
        for name in ("size", "crop"):
            values |= values.pop(name, {})
        _settle(values)
        if values.get("channels") != "rgb":
            # The background is for opaque results only.
            is_opaque = values.get("format") == "jpg" and values.get("channels") != "alpha"
            values["background"] = values.get("background") if is_opaque else None
        operation = RenderCutOut(Options(**self.limited(request, values)))
        return Order(self.source(request, form), operation, priced_as="poof")

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        answer = raw.picture(job, data)
        # Clients parse the three with int().
        answer["X-Processing-Time-Ms"] = str(round(job.processing_time_ms or 0))
        answer["X-Image-Width"] = str(job.output_width)
        answer["X-Image-Height"] = str(job.output_height)
        answer["X-Matte-Ambiguous-Ratio"] = f"{job.details['ambiguous']:.4f}"
        answer["X-Matte-Confidence"] = f"{1 - job.details['ambiguous']:.4f}"
        return answer


def _settle(values: dict[str, Any]) -> None:
    """Leaves out what another option overrides, as the vendor's client documents."""
    if values.get("width") or values.get("height"):
        values["max_side"] = values["max_pixels"] = None
    if not values.get("crop"):
        values["padding"] = None


class MeView(PoofView):
    """`GET /v1/me`: what was bought and granted, and what was used of it."""

    schema = JsonSchema()
    json = vendor_answers.PoofMe
    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = "account:read"

    def get(self, request: Request) -> Response:
        customer = self.customer(request)
        user, used = customer.user, credits.used(customer.user)
        invoiced = allowance.invoiced(user, customer.api_key)
        threshold = plans.top_up_threshold(user)
        return Response(
            {
                "organizationId": f"org_{user.pk}",
                "plan": plans.standing(user).plan,
                "maxCredits": to_number(max(0, used + credits.balance(user)) + invoiced),
                "usedCredits": to_number(used),
                "autoRechargeThreshold": None if threshold is None else to_number(threshold),
            }
        )
