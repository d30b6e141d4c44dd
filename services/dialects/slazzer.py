"""Slazzer `/v2.0/remove_image_background` (contract compat section 4)."""

import base64

from django.http import HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inference.decoding import PictureInfo
from inference.rendering import Options
from services import errors, options, sources, vendor_answers
from services.dialects import raw, removebg
from services.dialects.from_pages import CalledFromPages
from services.dialects.raw import Field, RawView
from services.errors import ApiError
from services.models import Job
from services.operations import RenderCutOut
from services.orders import Order
from services.sources import Form, SourceNames
from services.uploads import UploadLimits

MAX_BYTES = 25 * 1024 * 1024
PREVIEW_PIXELS = removebg.PREVIEW_PIXELS
SIZES = removebg.SIZES | {"auto": removebg.SIZES["50mp"]}
FIELDS = {
    "bg_color_code": Field("background", options.colour),
    "format": Field("format", options.one_of({"png": "png", "jpg": "jpg", "jpeg": "jpg"})),
    "crop": Field("crop", options.boolean),
    "preview": Field("is_preview", options.boolean),
    "output_image_format": Field("", options.words("base64", "binary", "")),
    "channel": Field("channels", options.words("rgba", "alpha")),
    **{name: removebg.FIELDS[name] for name in ("crop_margin", "scale", "roi", "position")},
    "size": Field("max_pixels", options.one_of(SIZES)),
}
_SENTENCES: dict[type[ApiError], str] = {
    errors.MissingSource: "Source image file not found",
    errors.MultipleSources: "Send one of source_image_file, source_image_url and source_image_base64",
    errors.InsufficientCredits: "No credits remaining",
}


class SlazzerView(CalledFromPages):
    """Errors are `{"error": "<text>"}`."""

    vendor = "Slazzer"
    refusal = vendor_answers.PlainError
    never_answers = frozenset({413, 415})

    def render_error(self, error: ApiError) -> Response:
        status = 400 if error.status in (413, 415) else error.status
        text = _SENTENCES.get(type(error), error.message)
        if isinstance(error, errors.MissingSource) and error.came_as_text:
            text = error.message
        if status == 401:
            text = "invalid api key"
        elif status == 429:
            text = "Api rate limit crossed"
        return Response({"error": text}, status=status)


class RemoveView(SlazzerView, RawView):
    """`POST /v2.0/remove_image_background`."""

    rate_scope = "slazzer"
    media_types = (vendor_answers.PNG, vendor_answers.JPEG)
    json = vendor_answers.SlazzerJson
    upload_limits = UploadLimits(MAX_BYTES, max_files=2)
    fields = FIELDS
    sources = SourceNames(
        files=("source_image_file",),
        urls=("source_image_url",),
        base64s=("source_image_base64",),
    )
    backgrounds = SourceNames(
        files=("bg_image_file",), urls=("bg_image_url",), base64s=("bg_image_base64",)
    )
    companions = backgrounds.files

    def order(self, request: Request, form: Form) -> Order:
        values = raw.read_options(form, self.fields)
        if values.pop("is_preview", False):
            values["max_pixels"] = PREVIEW_PIXELS
        image = self.source(request, form)
        has_colour = bool(values.get("background"))
        background = self.background(request, form, self.backgrounds, has_colour=has_colour)
        operation = RenderCutOut(Options(**self.limited(request, values)))
        is_small = values.get("max_pixels") == PREVIEW_PIXELS
        price = "slazzer:preview" if is_small else "slazzer"
        return Order(image, operation, background=background, priced_as=price)

    def sized(self, request: Request, order: Order, info: PictureInfo) -> Order:
        raw.check_region(raw.render_of(order).options.roi, info)
        return order

    def render(self, request: Request, job: Job, data: bytes) -> HttpResponse:
        wanted = sources.read_form(request).texts.get("output_image_format", "")
        if wanted.strip().lower() != "base64":
            return raw.picture(job, data)
        text = base64.b64encode(data).decode("ascii")
        return JsonResponse({"status": "success", "output_image_base64": text})
