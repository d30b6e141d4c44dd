"""The wire format as OpenAPI: used for /docs/api only, rendering is services.dialects.envelope."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers

from inference.rendering.files import MEDIA_TYPES
from services.models import Job
from services.operations import CUT_OUT_FORMATS, EDGES, QUALITIES

Form = type[serializers.Serializer[Any]]
View = TypeVar("View", bound=Callable[..., Any])
STATUSES = Job.State.values
_RESULTS = tuple(MEDIA_TYPES.values())


class Decorator(Protocol):
    def __call__(self, view: View, /) -> View: ...


class Result(serializers.Serializer[Any]):
    job_id = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    input_filename = serializers.CharField(allow_blank=True)
    output_url = serializers.URLField(allow_null=True, help_text="Signed; good for an hour.")
    processing_time_ms = serializers.FloatField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    original_width = serializers.IntegerField(allow_null=True, help_text="Upright, in pixels.")
    original_height = serializers.IntegerField(allow_null=True)
    output_width = serializers.IntegerField(allow_null=True)
    output_height = serializers.IntegerField(allow_null=True)
    credits_used = serializers.FloatField(
        allow_null=True, help_text="A whole number where it is one."
    )


class JobEnvelope(serializers.Serializer[Any]):
    job_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    result = Result()
    error = serializers.CharField(allow_null=True)


class BatchEnvelope(serializers.Serializer[Any]):
    batch_id = serializers.UUIDField()
    status = serializers.ChoiceField(["processing", "completed"])
    total_files = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = Result(many=True)
    total_processing_time_ms = serializers.FloatField()
    total_credits_used = serializers.FloatField()
    error = serializers.CharField(allow_null=True)


class Detail(serializers.Serializer[Any]):
    detail = serializers.CharField()


class FieldError(serializers.Serializer[Any]):
    loc = serializers.ListField(child=serializers.CharField())
    msg = serializers.CharField()
    type = serializers.CharField()


class ValidationDetail(serializers.Serializer[Any]):
    detail = FieldError(many=True)


class PictureForm(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="JPEG, PNG or WebP, at most 25 MB.")


class PicturesForm(serializers.Serializer[Any]):
    files = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=50)


class MaskedForm(serializers.Serializer[Any]):
    image = serializers.FileField(help_text="JPEG, PNG or WebP, at most 25 MB.")
    mask = serializers.FileField(
        required=False,
        help_text="PNG of the size of the upright image; needed unless points or box are given.",
    )


class PairsForm(serializers.Serializer[Any]):
    images = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=50)
    masks = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=50)


QUALITY = OpenApiParameter(
    "quality", str, enum=QUALITIES, description=f"Default {settings.QUALITY}."
)
EDGE = OpenApiParameter("edges", str, enum=EDGES, description="Default fast.")
MATTE_EDGE = OpenApiParameter(
    "edges",
    str,
    enum=EDGES,
    description="fine moves the outline to where the picture's colours change. "
    "Default fine for masks of up to 4 million pixels, fast for larger ones.",
)
PROMPTS = [
    OpenApiParameter(
        "points",
        str,
        description="JSON array of up to 64 [x,y] in pixels of the upright image.",
        examples=[OpenApiExample("two clicks", "[[100,200],[300,400]]")],
    ),
    OpenApiParameter(
        "labels",
        str,
        description="JSON array, for each point 1 (foreground) or 0 (background). Default 1 each. "
        "Without a box at least one is 1.",
        examples=[OpenApiExample("keep, leave out", "[1,0]")],
    ),
    OpenApiParameter(
        "box",
        str,
        description="JSON array [x1,y1,x2,y2] with x1 < x2 and y1 < y2.",
        examples=[OpenApiExample("a box", "[10,20,300,400]")],
    ),
]
CUT_OUT = [
    OpenApiParameter(
        "feather", int, description="Pixels over which the edge fades inwards, 0 to 50. Default 0."
    ),
    OpenApiParameter("output_format", str, enum=CUT_OUT_FORMATS, description="Default webp."),
    OpenApiParameter(
        "invert",
        str,
        enum=("true", "false"),
        description="true keeps everything but the object. Default false.",
    ),
]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Up to 255 characters; the same request again within 24 hours is answered "
    "with the first answer and not charged again.",
)
HEADERS = [
    IDEMPOTENCY_KEY,
    OpenApiParameter(
        "Prefer", str, OpenApiParameter.HEADER, description="respond-async answers 202 at once."
    ),
]
_SENTENCES = {
    400: "The request as a whole makes no sense.",
    401: "Missing or invalid API key.",
    402: "Not enough credits.",
    403: "The key lacks the scope, or its IP list does not admit the caller.",
    404: "No such job or batch of this account.",
    405: "Method not allowed.",
    408: "The request did not arrive in time.",
    409: "The first request with this Idempotency-Key is still running.",
    413: "A file is larger than the limit.",
    415: "Not multipart/form-data, or compressed.",
    429: "Rate limit exceeded; see Retry-After.",
    500: "Our fault; not charged.",
    503: "Busy, or no model is installed; not charged. See Retry-After.",
}


#: A sentence where the whole request is meant, not a field.
_REFUSED = PolymorphicProxySerializer("Refused", [ValidationDetail, Detail], None)


def _errors(*statuses: int) -> dict[int, Any]:
    return {status: OpenApiResponse(Detail, _SENTENCES[status]) for status in statuses}


def work(form: Form, answer: Form, *options: OpenApiParameter) -> Decorator:
    """Describes a POST that places work."""
    field = next(iter(form().fields))
    missing = OpenApiExample(
        "missing file",
        {
            "detail": [
                {"loc": ["body", field], "msg": "field required", "type": "value_error.missing"}
            ]
        },
    )
    described: Decorator = extend_schema(
        request={"multipart/form-data": form},
        parameters=[*options, *HEADERS],
        responses={
            200: OpenApiResponse(answer, "Done, or failed uncharged: see status."),
            202: OpenApiResponse(answer, "Still running: look at the address in Location."),
            422: OpenApiResponse(
                _REFUSED, "A field is wrong, or the Idempotency-Key another's.", examples=[missing]
            ),
            **_errors(400, 401, 402, 403, 405, 408, 409, 413, 415, 429, 500, 503),
        },
    )
    return described


def lookup(answer: Form) -> Decorator:
    """Describes a GET of one's own work."""
    described: Decorator = extend_schema(
        responses={200: answer, **_errors(401, 403, 404, 405, 429, 500, 503)}
    )
    return described


def download() -> Decorator:
    """Describes the signed link to a result."""
    described: Decorator = extend_schema(
        auth=[],
        tags=["Services"],
        parameters=[
            OpenApiParameter("expires", int, required=True, description="Unix time."),
            OpenApiParameter("sig", str, required=True),
            OpenApiParameter("Range", str, OpenApiParameter.HEADER),
        ],
        responses={
            **{
                (200, kind): OpenApiResponse(OpenApiTypes.BINARY, "The picture.")
                for kind in _RESULTS
            },
            **{
                (206, kind): OpenApiResponse(OpenApiTypes.BINARY, "The range asked for.")
                for kind in _RESULTS
            },
            304: OpenApiResponse(None, "Unchanged since the ETag given."),
            403: OpenApiResponse(Detail, "Bad signature, or expired: two messages."),
            404: OpenApiResponse(Detail, "The address has no id in it."),
            410: OpenApiResponse(Detail, "Deleted after the retention time."),
            416: OpenApiResponse(None, "The range lies outside the file."),
            503: OpenApiResponse(Detail, "It cannot be read at the moment. See Retry-After."),
        },
    )
    return described
