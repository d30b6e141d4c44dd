"""Bytes -> upright arrays. The only module that opens a picture from outside.

Types are told by content, sizes are capped from the header before any pixel is decoded, and
whatever a decoder raises becomes `UnreadableImage`. Safe to call from many threads.
"""

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image

from inference import jpeg, modes, orientation, transparency
from inference.arrays import RGB, Alpha, Mask, Size
from inference.config import DEFAULT_MAX_PIXELS
from inference.errors import InferenceError, TooManyPixels, UnreadableImage, UnsupportedFormat
from inference.resampling import bounded, resize, resize_seen
from inference.signatures import sniff

# Every picture is measured against our own cap, in `probe`, before it is decoded.
Image.MAX_IMAGE_PIXELS = None

ACCEPTED_FORMATS = ("JPEG", "PNG", "WEBP")
MAX_JPEG_SCANS = 100
_DAMAGED = "The image is damaged or incomplete."

logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What the header tells. Width and height are in pixels and upright: EXIF is applied."""

    format: str
    width: int
    height: int
    orientation: int

    @property
    def is_turned(self) -> bool:
        """Whether the stored picture has width and height swapped."""
        return orientation.swaps_sides(self.orientation)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright. `info` keeps the original size if `rgb` was decoded smaller."""

    rgb: RGB
    alpha: Alpha | None
    format: str
    icc_profile: bytes | None
    info: PictureInfo


def probe(
    data: bytes,
    *,
    formats: Sequence[str] = ACCEPTED_FORMATS,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> PictureInfo:
    """Read type and upright size from the header, without decoding pixels.

    Raises UnsupportedFormat, UnreadableImage or TooManyPixels. A probed picture may still turn
    out to be damaged; only `verify` and `decode` know.
    """
    with _opened(data, formats, max_pixels) as (_, info):
        return info


def decode(
    data: bytes,
    *,
    formats: Sequence[str] = ACCEPTED_FORMATS,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    at_least: Size | None = None,
) -> Picture:
    """Decode the first frame strictly; raises what `probe` raises.

    With `at_least`, a JPEG may come back at 1/2, 1/4 or 1/8 of its size, never below that
    (width, height) unless it is smaller itself: several times faster for a network's small input.
    Deep grey is scaled to 8 bits, CMYK and grey go through their embedded profiles.
    """

    def finish(image: Image.Image, info: PictureInfo) -> Picture:
        rgb, alpha = _colours(image, info, data, at_least)
        alpha = None if alpha is None else orientation.turned(alpha, info.orientation)
        rgb = orientation.turned(rgb, info.orientation)
        return Picture(rgb, alpha, info.format, modes.rgb_profile(image), info)

    return _load(data, formats, max_pixels, finish)


def in_srgb(picture: Picture) -> Picture:
    """Return a picture in the colours that have no profile; one without another stays as it is."""
    profile = picture.icc_profile
    if profile is None or modes.is_srgb(profile):
        return picture
    return replace(picture, rgb=modes.to_srgb(picture.rgb, profile), icc_profile=None)


def bounded_by(max_side: int | None, picture: Picture) -> Picture:
    """Return a picture with at most `max_side` pixels on the longest side of its original size.

    Nothing that is transparent is drawn into what is not.
    """
    size = bounded((picture.info.width, picture.info.height), max_side)
    height, width = picture.rgb.shape[:2]
    if picture.alpha is None or size == (width, height):
        return replace(picture, rgb=resize(picture.rgb, size))
    *planes, alpha = resize_seen(picture.rgb, picture.alpha, size)
    rgb = cv2.merge(planes).astype(np.uint8, copy=False)
    return replace(picture, rgb=rgb, alpha=alpha)


def decode_mask(
    data: bytes,
    *,
    formats: Sequence[str] = ACCEPTED_FORMATS,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Mask:
    """Decode a mask to (H, W) uint8: brightness, with transparent areas counted as outside.

    Colours become their luma, 16-bit values are scaled; raises what `probe` raises.
    """

    def finish(image: Image.Image, info: PictureInfo) -> Mask:
        image.load()
        grey = modes.to_grey(transparency.settled(image, data))
        return orientation.turned(grey, info.orientation)

    return _load(data, formats, max_pixels, finish)


def verify(
    data: bytes,
    *,
    formats: Sequence[str] = ACCEPTED_FORMATS,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> PictureInfo:
    """Decode everything just to know that it can be; raises what `probe` raises."""

    def finish(image: Image.Image, info: PictureInfo) -> PictureInfo:
        image.draft("", (1, 1))
        image.load()
        return info

    return _load(data, formats, max_pixels, finish)


def _load(
    data: bytes,
    formats: Sequence[str],
    max_pixels: int,
    finish: Callable[[Image.Image, PictureInfo], T],
) -> T:
    try:
        with _opened(data, formats, max_pixels) as (image, info):
            return finish(image, info)
    except UnreadableImage:
        if not _lacks_only_the_end(data):
            raise
    with _opened(_with_end_marker(data, formats, max_pixels), formats, max_pixels) as opened:
        return finish(*opened)


@contextmanager
def _opened(
    data: bytes, formats: Sequence[str], max_pixels: int
) -> Iterator[tuple[Image.Image, PictureInfo]]:
    """Open lazily; every failure of a decoder inside the block leaves it as UnreadableImage."""
    _refuse_other_types(data, formats)
    try:
        with Image.open(io.BytesIO(data), formats=list(formats)) as image:
            info = _read_header(image)
            if info.width * info.height > max_pixels:
                raise TooManyPixels(info.width, info.height, max_pixels)
            if info.format == "JPEG" and jpeg.has_more_scans(data, MAX_JPEG_SCANS):
                raise UnreadableImage(f"The JPEG has more than {MAX_JPEG_SCANS} scans.")
            yield image, info
    except InferenceError:
        raise
    # Damaged files surface as OSError, ValueError, SyntaxError, MemoryError, struct.error,
    # zlib.error, IndexError and more: the class depends on the decoder and on its version.
    except Exception as error:
        logger.info("image refused: %s", type(error).__name__)
        raise UnreadableImage(_DAMAGED) from error


def _refuse_other_types(data: bytes, formats: Sequence[str]) -> None:
    if not data:
        raise UnreadableImage("The file is empty.")
    kind = sniff(data)
    if kind not in formats:
        wanted = ", ".join(name if name != "WEBP" else "WebP" for name in formats)
        found = f"is {kind}" if kind else "is not a known image"
        raise UnsupportedFormat(f"The file {found}; accepted are {wanted}.")


def _read_header(image: Image.Image) -> PictureInfo:
    turn = orientation.read(image)
    width, height = image.size
    if orientation.swaps_sides(turn):
        width, height = height, width
    # A JPEG with several pictures in it (burst, depth) is opened as MPO; the first one counts.
    name = "JPEG" if image.format == "MPO" else image.format or ""
    return PictureInfo(name, width, height, turn)


def _colours(
    image: Image.Image, info: PictureInfo, data: bytes, at_least: Size | None
) -> tuple[RGB, Alpha | None]:
    """Decode an opened picture as it lies in the file."""
    if at_least is not None:
        image.draft("", at_least[::-1] if info.is_turned else at_least)
    if info.format == "JPEG":
        rgb = jpeg.pixels(data, image.size)
        if rgb is not None:
            return modes.in_tones(rgb, image), None
    image.load()
    return modes.to_rgb_and_alpha(transparency.settled(image, data))


def _lacks_only_the_end(data: bytes) -> bool:
    """Whether a JPEG may be whole but for its end marker; never said of a progressive one."""
    if sniff(data) != "JPEG":
        return False
    structure = jpeg.read_structure(data, MAX_JPEG_SCANS)
    is_cut = 0 < structure.scans <= MAX_JPEG_SCANS and not structure.has_end
    return is_cut and not structure.is_progressive


def _with_end_marker(data: bytes, formats: Sequence[str], max_pixels: int) -> bytes:
    """Complete a JPEG that lacks only its end marker, as browsers do; refuse a truncated one."""
    one, other = jpeg.end_variants(data)
    with (
        _opened(one, formats, max_pixels) as (image, _),
        _opened(other, formats, max_pixels) as (twin, _),
    ):
        if not np.array_equal(np.asarray(image), np.asarray(twin)):
            raise UnreadableImage(_DAMAGED)
    return one
