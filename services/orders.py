"""What came with a request for one picture, and the checks that need its pixels or their header."""

from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import File

from inference import decoding
from inference.arrays import Prompts, Size
from inference.decoding import PictureInfo
from inference.encoding import WEBP_MAX_SIDE
from inference.errors import InferenceError, UnreadableImage, UnusableMask
from inference.resampling import bounded
from services.errors import BadInput
from services.operations import ExtractObject, Operation, max_side_of, prompts_of
from services.uploads import TooLargeFile


@dataclass(frozen=True)
class Upload:
    """A picture as it came: its bytes (in memory or spooled) and the client's name for it."""

    file: "File[bytes]"
    filename: str
    #: The field of the address it was fetched from, if it was.
    fetched_for: str = ""

    def read(self) -> bytes:
        self.file.seek(0)
        return bytes(self.file.read())

    def probe(self) -> PictureInfo:
        """Refuses from the header alone. Raises inference's UnreadableImage or TooManyPixels."""
        if isinstance(self.file, TooLargeFile):
            limit = settings.MAX_UPLOAD_BYTES / 2**20
            raise UnreadableImage(f"The file is larger than the limit of {limit:g} MB.")
        return decoding.probe(self.read(), max_pixels=settings.MAX_PIXELS)

    def verify(self) -> PictureInfo:
        """Decodes everything. Raises as `probe` does, and for what only decoding finds."""
        return decoding.verify(self.read(), max_pixels=settings.MAX_PIXELS)


@dataclass(frozen=True)
class Order:
    """One picture, what is to be done to it, and a mask or a background picture if one came."""

    image: Upload
    operation: Operation
    mask: Upload | None = None
    background: Upload | None = None
    #: Under which name the prices list it; the service's own unless a dialect has another.
    priced_as: str = ""

    @property
    def price_key(self) -> str:
        return self.priced_as or self.operation.service

    @property
    def companion(self) -> Upload | None:
        """The second upload; no operation takes both."""
        return self.mask or self.background

    def check(self, *, thoroughly: bool = False) -> PictureInfo:
        """Refuses what cannot be worked on, from the headers or, thoroughly, by decoding.

        Raises inference's UnreadableImage (UnusableMask for the mask), TooManyPixels, or
        BadInput naming the field.
        """
        info = self.image.verify() if thoroughly else self.image.probe()
        size = info.width, info.height
        if self.mask is not None:
            self._check_mask(self.mask, size, thoroughly)
        if prompts := prompts_of(self.operation):
            check_inside(prompts, size)
        if isinstance(self.operation, ExtractObject):
            _check_format(self.operation, size)
        return info

    def _check_mask(self, mask: Upload, size: Size, thoroughly: bool) -> None:
        try:
            info = mask.verify() if thoroughly else mask.probe()
        except InferenceError as error:
            raise UnusableMask.because_of(error) from error
        # Where results are small, such as those of test keys, masks that were one may come as they are.
        small = bounded(size, max_side_of(self.operation))
        if (info.width, info.height) not in (size, small):
            message = (
                f"The mask has {info.width} x {info.height} pixels, the image {size[0]} x {size[1]}"
                " (upright); they must be the same."
            )
            raise BadInput("mask", message, "dimensions")


def check_inside(prompts: Prompts, size: Size) -> None:
    """Raises BadInput for a point or a box that lies, even partly, outside of the picture."""
    width, height = size
    for number, point in enumerate(prompts.points, 1):
        if not (0 <= point.x < width and 0 <= point.y < height):
            message = f"Point {number} is outside of the image, which has {width} x {height} pixels"
            raise BadInput("points", f"{message} (upright).", "number")
    box = prompts.box
    if box and not (box.left >= 0 and box.top >= 0 and box.right <= width and box.bottom <= height):
        message = f"The box is not inside of the image, which has {width} x {height} pixels"
        raise BadInput("box", f"{message} (upright).", "number")


def _check_format(operation: ExtractObject, size: Size) -> None:
    if operation.output_format == "webp" and max(bounded(size, operation.max_side)) > WEBP_MAX_SIDE:
        message = (
            f"A WebP picture has at most {WEBP_MAX_SIDE} pixels a side; ask for output_format=png."
        )
        raise BadInput("output_format", message, "dimensions")
