"""`/v1/services/object-removal` (founding document 002)."""

from typing import cast

from django.conf import settings
from rest_framework.request import Request

from inference.arrays import Prompts, Quality
from services import schemas
from services.dialects import fields
from services.dialects.masked import MaskedBatchView, MaskedView
from services.dialects.maskr import WorkView
from services.idempotency import Answer
from services.operations import QUALITIES, RemoveObject


class ObjectRemoval(WorkView):
    """Picture and a mask (or prompts) in, the picture without what they cover out."""

    required_scope = RemoveObject.service

    def operation(self, request: Request, pointed_at: Prompts | None) -> RemoveObject:
        return RemoveObject(
            prompts=pointed_at,
            quality=cast(Quality, fields.choice(request, "quality", QUALITIES, settings.QUALITY)),
            max_side=self.max_side(request),
        )


class ObjectRemovalView(ObjectRemoval, MaskedView):
    """`POST /v1/services/object-removal`."""

    rate_scope = "object-removal"

    @schemas.work(schemas.MaskedForm, schemas.JobEnvelope, *schemas.PROMPTS, schemas.QUALITY)
    def post(self, request: Request) -> Answer:
        return super().post(request)


class ObjectRemovalBatchView(ObjectRemoval, MaskedBatchView):
    """`POST /v1/services/object-removal/batch`: pairs of pictures and masks."""

    rate_scope = "object-removal-batch"

    @schemas.work(schemas.PairsForm, schemas.BatchEnvelope, schemas.QUALITY)
    def post(self, request: Request) -> Answer:
        return super().post(request)
