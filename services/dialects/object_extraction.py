"""`/v1/services/object-extraction` (founding document 001)."""

from typing import cast

from rest_framework.request import Request

from inference.arrays import Edges, Prompts
from services import schemas
from services.dialects import fields
from services.dialects.masked import MaskedBatchView, MaskedView
from services.dialects.maskr import WorkView
from services.idempotency import Answer
from services.operations import (
    CUT_OUT_FORMATS,
    EDGES,
    QUALITIES,
    CutOutFormat,
    ExtractObject,
)

MAX_FEATHER = 50


class ObjectExtraction(WorkView):
    """Picture and a mask (or prompts) in, the object on transparent ground out."""

    required_scope = ExtractObject.service

    def operation(self, request: Request, pointed_at: Prompts | None) -> ExtractObject:
        fields.choice(request, "quality", QUALITIES, "auto")  # one engine serves all three
        output_format = fields.choice(request, "output_format", CUT_OUT_FORMATS, "webp")
        return ExtractObject(
            prompts=pointed_at,
            feather=fields.integer(request, "feather", 0, MAX_FEATHER, default=0),
            output_format=cast(CutOutFormat, output_format),
            edges=cast(Edges, fields.choice(request, "edges", EDGES, "fast")),
            max_side=self.max_side(request),
            invert=fields.choice(request, "invert", ("true", "false"), "false") == "true",
        )


class ObjectExtractionView(ObjectExtraction, MaskedView):
    """`POST /v1/services/object-extraction`."""

    rate_scope = "object-extraction"

    @schemas.work(
        schemas.MaskedForm,
        schemas.JobEnvelope,
        *schemas.PROMPTS,
        *schemas.CUT_OUT,
        schemas.EDGE,
    )
    def post(self, request: Request) -> Answer:
        return super().post(request)


class ObjectExtractionBatchView(ObjectExtraction, MaskedBatchView):
    """`POST /v1/services/object-extraction/batch`: pairs of pictures and masks."""

    rate_scope = "object-extraction-batch"

    @schemas.work(schemas.PairsForm, schemas.BatchEnvelope, *schemas.CUT_OUT)
    def post(self, request: Request) -> Answer:
        return super().post(request)
