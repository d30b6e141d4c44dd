"""`/v1/services/image-segmentation` (maskr.io's own page, contract compat section 8)."""

from typing import cast

from rest_framework.request import Request

from inference.arrays import Edges
from services import schemas
from services.dialects import fields, prompts
from services.dialects.maskr import BatchView, SingleView, WorkView
from services.idempotency import Answer
from services.operations import EDGES, QUALITIES, SegmentImage
from services.orders import Order


class ImageSegmentation(WorkView):
    """Picture and prompts in, grayscale mask out: white is what was pointed at."""

    required_scope = SegmentImage.service

    def operation(self, request: Request) -> SegmentImage:
        fields.choice(request, "quality", QUALITIES, "auto")  # one engine serves all three
        return SegmentImage(
            prompts=prompts.read(request),
            edges=cast(Edges, fields.choice(request, "edges", EDGES, "fast")),
            max_side=self.max_side(request),
        )


class ImageSegmentationView(ImageSegmentation, SingleView):
    """`POST /v1/services/image-segmentation`."""

    rate_scope = "image-segmentation"

    def order(self, request: Request) -> Order:
        return Order(fields.one_upload(request, "file"), self.operation(request))

    @schemas.work(schemas.PictureForm, schemas.JobEnvelope, *schemas.PROMPTS, schemas.EDGE)
    def post(self, request: Request) -> Answer:
        return super().post(request)


class ImageSegmentationBatchView(ImageSegmentation, BatchView):
    """`POST /v1/services/image-segmentation/batch`: the same prompts for every picture."""

    rate_scope = "image-segmentation-batch"

    def orders(self, request: Request) -> list[Order]:
        pictures = self.pictures(request, "files")
        operation = self.operation(request)
        return [Order(picture, operation) for picture in pictures]

    @schemas.work(schemas.PicturesForm, schemas.BatchEnvelope, *schemas.PROMPTS, schemas.EDGE)
    def post(self, request: Request) -> Answer:
        return super().post(request)
