"""Clipdrop's `/remove-background/v1` and `/cleanup/v1` (contract compat section 3)."""

import contextlib
import math
from typing import cast

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import key_from_headers
from billing import allowance
from billing.amounts import HUNDREDTHS
from inference.arrays import Quality
from inference.rendering import Options
from services import options, sources, vendor_answers
from services.dialects import raw
from services.dialects.from_pages import CalledFromPages
from services.dialects.raw import Field, RawView
from services.errors import ApiError, BadInput, NotAcceptable
from services.models import Job
from services.operations import RemoveObject, RenderCutOut
from services.orders import Order
from services.sources import Form, SourceNames
from services.uploads import UploadLimits

MAX_BYTES = 30 * 1024 * 1024
_FORMATS = {"image/png": "png", "image/webp": "webp", "image/jpeg": "jpg", "image/jpg": "jpg"}
_KEEPS_TRANSPARENT = {"return_input_if_non_opaque": True, "discard_alpha_layer": False}
_MODES: dict[str, Quality] = {"fast": "fast", "quality": "best"}


class ClipdropView(CalledFromPages):
    """Errors are `{"error": "<text>"}`; a wrong key is 403, none is 401."""

    vendor = "Clipdrop"
    refusal = vendor_answers.PlainError
    never_answers = frozenset({413, 415})

    def render_error(self, error: ApiError) -> Response:
        is_input = isinstance(error, BadInput) or error.status in (413, 415)
        status = 400 if is_input else error.status
        text = error.message
        if error.status == 401:
            has_key = key_from_headers(self.request) is not None
            status, text = (403, "Invalid api key") if has_key else (401, "No api key provided")
        return Response({"error": text}, status=status)

    def answer(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        """The picture, with what it cost and what is left in whole credits."""
        answer = raw.picture(job, data)
        customer = self.customer(request)
        left = allowance.left(customer.user, customer.api_key)
        answer["x-remaining-credits"] = str(left // HUNDREDTHS)
        answer["x-credits-consumed"] = str(math.ceil(job.charged / HUNDREDTHS))
        return answer


class RemoveBackgroundView(ClipdropView, RawView):
    """`POST /remove-background/v1`: the format of the result follows the Accept header."""

    rate_scope = "clipdrop"
    also_answers = frozenset({406})
    upload_limits = UploadLimits(MAX_BYTES)
    max_pixels = 25_000_000
    sources = SourceNames(files=("image_file",))
    fields = {
        "transparency_handling": Field("keeps_transparent", options.one_of(_KEEPS_TRANSPARENT))
    }

    def distinction(self, request: Request) -> str:
        kind = _format(request)
        return "" if kind == "png" else kind

    def order(self, request: Request, form: Form) -> Order:
        values = {"keeps_transparent": True} | raw.read_options(form, self.fields)
        rendering = {"format": _format(request)}
        operation = RenderCutOut(
            Options(**self.limited(request, rendering)),
            keeps_transparent=values["keeps_transparent"],
            drops_alpha=not values["keeps_transparent"],
        )
        return Order(self.source(request, form), operation, priced_as="clipdrop")

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        return self.answer(request, job, data)


def _format(request: Request) -> str:
    """What the Accept header likes best. Raises NotAcceptable."""
    if not request.headers.get("Accept", "").strip():
        return "png"
    accepted = None
    with contextlib.suppress(ValueError):  # a header that cannot be read allows nothing
        accepted = request._request.get_preferred_type(list(_FORMATS))
    if accepted is None:
        raise NotAcceptable(f"The Accept header must allow one of: {', '.join(_FORMATS)}.")
    return _FORMATS[accepted]


class CleanupView(ClipdropView, RawView):
    """`POST /cleanup/v1`: object removal; 255 in the mask is what goes."""

    rate_scope = "clipdrop-cleanup"
    media_types = (vendor_answers.PNG,)
    required_scope = RemoveObject.service
    upload_limits = UploadLimits(MAX_BYTES, max_files=2)
    max_pixels = 16_000_000
    sources = SourceNames(files=("image_file",))
    masks = SourceNames(files=("mask_file",))
    companions = masks.files
    fields = {"mode": Field("quality", options.one_of(_MODES))}

    def order(self, request: Request, form: Form) -> Order:
        image = self.source(request, form)
        mask = self.find(request, form, self.masks)
        if mask is None:
            raise sources.missing(form, self.masks, "mask")
        quality = raw.read_options(form, self.fields).get("quality", "fast")
        max_side = self.limited(request, {}).get("max_side")
        operation = RemoveObject(
            quality=cast(Quality, quality), max_side=max_side, output_format="png"
        )
        return Order(image, operation, mask=mask, priced_as="clipdrop:cleanup")

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        return self.answer(request, job, data)
