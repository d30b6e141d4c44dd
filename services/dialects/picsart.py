"""Picsart `/tools/1.0/removebg` and `/tools/1.0/balance` (contract compat section 5)."""

import contextlib
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from billing import allowance
from billing.amounts import HUNDREDTHS, to_number
from inference.rendering import Options
from services import errors, files, options, vendor_answers
from services.dialects import envelope, raw
from services.dialects.from_pages import CalledFromPages
from services.dialects.raw import Field, RawView
from services.errors import ApiError
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order
from services.sources import Form, SourceNames
from services.uploads import UploadLimits
from services.vendor_schemas import JsonSchema

MAX_BYTES = 25 * 1024 * 1024
_DIRECTIONS = (
    *("disabled", "custom", "bottom", "bottom-right", "bottom-left", "top", "top-right"),
    *("top-left", "left", "right"),
)
FIELDS = {
    "format": Field(
        "format", options.one_of({"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"})
    ),
    "output_type": Field("channels", options.one_of({"cutout": "rgba", "mask": "alpha"})),
    "bg_color": Field("background", options.colour),
    "bg_blur": Field("background_blur", options.number(0, 100)),
    "bg_width": Field("width", options.whole(1, 8000)),
    "bg_height": Field("height", options.whole(1, 8000)),
    "scale": Field("fit", options.one_of({"fit": "contain", "fill": "cover"})),
    "auto_center": Field("is_centred", options.boolean),
    # Checked, without effect on the picture.
    "stroke_size": Field("", options.number(0, 100)),
    "stroke_color": Field("", options.colour),
    "stroke_opacity": Field("", options.number(0, 100)),
    "shadow": Field("", options.words(*_DIRECTIONS)),
    "shadow_opacity": Field("", options.number(0, 100)),
    "shadow_blur": Field("", options.number(0, 100)),
    "shadow_offset_x": Field("", options.number(-100, 100)),
    "shadow_offset_y": Field("", options.number(-100, 100)),
}


class PicsartView(CalledFromPages):
    """Errors are `{"code", "message", "detail"}`; every answer carries the vendor's five headers."""

    vendor = "Picsart"
    key_header = "X-Picsart-Api-Key"
    refusal = vendor_answers.PicsartError

    def render_error(self, error: ApiError) -> Response:
        message = "Unauthorized" if error.status == 401 else error.message
        body = {"code": error.status, "message": message, "detail": error.message}
        return Response(body, status=error.status)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        plain: HttpRequest = request._request
        response["X-Picsart-Correlation-Id"] = getattr(plain, "request_id", "")
        state = getattr(plain, "rate_state", None)
        response["X-Picsart-Ratelimit-Limit"] = str(state.limit if state else self.rate_per_minute)
        response["X-Picsart-Ratelimit-Available"] = str(
            state.remaining if state else self.rate_per_minute
        )
        # How long to wait: the vendor's own clients sleep for so many seconds.
        response["X-Picsart-Ratelimit-Reset-Time"] = str(state.reset_s if state else 0)
        # Outside of `handle_exception`: the answer is made, and worth more than this header.
        with contextlib.suppress(DatabaseError):
            # A browser's question comes without a key, and is answered whatever comes with it.
            if request.method != "OPTIONS" and request.user and request.user.is_authenticated:
                # Whole credits: the vendor's Java client knows no fractions.
                left = allowance.left(request.user, self.customer(request).api_key)
                response["X-Picsart-Credit-Available"] = str(left // HUNDREDTHS)
        return response


class RemoveView(PicsartView, RawView):
    """`POST /tools/1.0/removebg`: answered with an address that needs no key."""

    rate_scope = "picsart"
    media_types = ()
    json = vendor_answers.PicsartJson
    upload_limits = UploadLimits(MAX_BYTES, max_files=2)
    fields = FIELDS
    sources = SourceNames(files=("image",), urls=("image_url",))
    backgrounds = SourceNames(files=("bg_image",), urls=("bg_image_url",))
    companions = backgrounds.files

    def order(self, request: Request, form: Form) -> Order:
        for name in ("image_id", "bg_image_id"):
            if form.texts.get(name) or name in form.odd:
                raise errors.BadOption(name, "pictures are not kept; send a file or an address")
        values = raw.read_options(form, self.fields)
        if values.pop("is_centred", False):
            values["position"] = (50.0, 50.0)
        image = self.source(request, form)
        has_colour = bool(values.get("background"))
        background = self.background(request, form, self.backgrounds, has_colour=has_colour)
        if background and values.get("channels") != "alpha":
            # The cut-out goes into the background, which is left at its own size unless told.
            ground = background.probe()
            values = {"width": ground.width, "height": ground.height} | values
        operation = RenderCutOut(Options(**self.limited(request, values)))
        return Order(image, operation, background=background, priced_as="picsart")

    def render(self, request: Request, job: Job, data: bytes) -> Response:
        url = envelope.absolute(files.signed_path(job), request._request)
        return Response({"status": "success", "data": {"id": str(job.pk), "url": url}})


class BalanceView(PicsartView):
    """`GET /tools/1.0/balance`."""

    schema = JsonSchema()
    json = vendor_answers.PicsartBalance
    rate_scope = "reads"
    rate_per_minute = 600
    required_scope = "account:read"

    def get(self, request: Request) -> Response:
        customer = self.customer(request)
        return Response({"credits": to_number(allowance.left(customer.user, customer.api_key))})
