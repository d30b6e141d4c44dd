"""What extraction and removal share: a picture with a mask or prompts, a batch of pairs."""

from collections.abc import Iterable

from django.conf import settings
from rest_framework.request import Request

from inference.arrays import Prompts
from services.dialects import fields, prompts
from services.dialects.maskr import BatchView, SingleView
from services.errors import BadField, BadRequest
from services.operations import Operation
from services.orders import Order, Upload
from services.uploads import UploadLimits


class MaskedView(SingleView):
    """One picture in `image`; a mask in `mask`, or prompts in the query."""

    file_field = "image"
    upload_limits = UploadLimits(settings.MAX_UPLOAD_BYTES, max_files=2)

    def operation(self, request: Request, pointed_at: Prompts | None) -> Operation:
        raise NotImplementedError

    def order(self, request: Request) -> Order:
        image = fields.one_upload(request, "image")
        mask = fields.optional_upload(request, "mask")
        pointed_at = prompts.read(request) if prompts.are_given(request) else None
        if mask is None and pointed_at is None:
            raise BadField(("body", "mask"), fields.MISSING, "missing")
        if mask is not None and pointed_at is not None:
            raise BadField(("body", "mask"), "Send a mask or prompts, not both.", "choice")
        return Order(image, self.operation(request, pointed_at), mask)


class MaskedBatchView(BatchView):
    """Pairs: as many files in `masks` as in `images`, in the same order."""

    file_field = "images"
    upload_limits = UploadLimits(
        settings.MAX_UPLOAD_BYTES,
        max_files=2 * settings.MAX_BATCH_FILES,
        skips_large=True,
        most=f"{settings.MAX_BATCH_FILES} pairs",
    )

    def operation(self, request: Request, pointed_at: Prompts | None) -> Operation:
        raise NotImplementedError

    def orders(self, request: Request) -> list[Order]:
        for name in prompts.NAMES:
            if found := fields.text(request, name):
                message = "A batch takes masks; prompts are for single pictures."
                raise BadField((found[0], name), message, "choice")
        operation = self.operation(request, None)
        return [Order(image, operation, mask) for image, mask in self._pairs(request)]

    def _pairs(self, request: Request) -> Iterable[tuple[Upload, Upload]]:
        images, masks = self.pictures(request, "images"), fields.uploads(request, "masks")
        if len(images) != len(masks):
            message = f"Images: {len(images)}, masks: {len(masks)}; send a mask for each."
            raise BadRequest(f"Number of images and masks don't match. {message}")
        return zip(images, masks, strict=True)
