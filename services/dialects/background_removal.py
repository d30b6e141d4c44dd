"""`/v1/services/background-removal` (founding document 000)."""

from typing import cast

from django.conf import settings
from rest_framework.request import Request

from inference.arrays import Edges, Quality
from services import schemas
from services.dialects import fields
from services.dialects.maskr import BatchView, SingleView, WorkView
from services.idempotency import Answer
from services.operations import EDGES, QUALITIES, RemoveBackground
from services.orders import Order


class BackgroundRemoval(WorkView):
    """Picture in, grayscale mask out: white is the subject, black the background."""

    required_scope = RemoveBackground.service

    def operation(self, request: Request) -> RemoveBackground:
        return RemoveBackground(
            quality=cast(Quality, fields.choice(request, "quality", QUALITIES, settings.QUALITY)),
            edges=cast(Edges | None, fields.choice(request, "edges", EDGES, None)),
            max_side=self.max_side(request),
        )


class BackgroundRemovalView(BackgroundRemoval, SingleView):
    """`POST /v1/services/background-removal`."""

    rate_scope = "background-removal"

    def order(self, request: Request) -> Order:
        return Order(fields.one_upload(request, "file"), self.operation(request))

    @schemas.work(schemas.PictureForm, schemas.JobEnvelope, schemas.QUALITY, schemas.MATTE_EDGE)
    def post(self, request: Request) -> Answer:
        return super().post(request)


class BackgroundRemovalBatchView(BackgroundRemoval, BatchView):
    """`POST /v1/services/background-removal/batch`."""

    rate_scope = "background-removal-batch"

    def orders(self, request: Request) -> list[Order]:
        pictures = self.pictures(request, "files")
        operation = self.operation(request)
        return [Order(picture, operation) for picture in pictures]

    @schemas.work(schemas.PicturesForm, schemas.BatchEnvelope, schemas.QUALITY, schemas.MATTE_EDGE)
    def post(self, request: Request) -> Answer:
        return super().post(request)
