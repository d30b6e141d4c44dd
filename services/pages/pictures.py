"""The pictures of a job for its owner's eyes: small ones made on demand, and the files themselves."""

import io
import threading
import zipfile
from typing import Literal

import numpy as np
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from PIL import Image

from inference import decoding
from inference.errors import InferenceError
from inference.signatures import sniff
from services import copies, storing
from services.connections import free_connection
from services.errors import Purged
from services.models import Job
from services.views import FileSlice

Which = Literal["input", "companion", "result"]
WHICH: tuple[Which, ...] = ("input", "companion", "result")
#: What an <img> shows everywhere.
SHOWN_BY_BROWSERS = ("png", "jpg", "webp", "gif", "bmp")
SIDES = {"small": 160, "medium": 960}

_UPLOADED = decoding.ACCEPTED_FORMATS
_MADE = (*_UPLOADED, "BMP", "TIFF", "GIF")
#: Canvases of the raw-bytes APIs may be larger than the pictures that are taken.
_MOST_PIXELS = 100_000_000
_QUALITY = 80
#: Decoding takes a core and memory: a page of pictures must not crowd out the requests.
_slots = threading.BoundedSemaphore(2)


def file_name(job: Job, which: Which) -> str:
    """Raises Purged for what never was or is gone."""
    name = "" if job.purged_at else str(getattr(job, f"{which}_name"))
    if not name:
        raise Purged
    return name


def reduced(job: Job, which: Which, size: str) -> bytes:
    """A WebP of the picture, fitted into a square. Raises Purged, also for what is no picture."""
    name = file_name(job, which)
    if size != "small":
        return _reduced(name, SIDES[size])
    data = copies.find(job, which)
    if data is None:
        data = _reduced(name, SIDES[size])
        copies.keep(job, which, data)
    return data


def respond_reduced(job: Job, which: Which, size: str) -> HttpResponseBase:
    response = HttpResponse(reduced(job, which, size), content_type="image/webp")
    return _guarded(response, "private, max-age=86400, immutable")


def respond_upload(job: Job, which: Which) -> HttpResponseBase:
    """The very bytes that came, in a frame in which nothing of them can run. Raises Purged."""
    name = file_name(job, which)
    try:
        file = storing.opened(name)
        kind = sniff(file.read(32))
    except FileNotFoundError as error:
        raise Purged from error
    media_type = f"image/{kind.lower()}" if kind in _UPLOADED else "application/octet-stream"
    slice_ = FileSlice(file, 0, file.size - 1)  # its own: the storage may have lost it since
    response = StreamingHttpResponse(slice_, content_type=media_type)
    shown_as = job.input_filename if which == "input" else f"{which}-{job.pk}"
    response["Content-Disposition"] = content_disposition_header(False, shown_as) or "inline"
    return _guarded(response, "private, max-age=3600")


def _guarded(response: HttpResponseBase, kept: str) -> HttpResponseBase:
    response["Cache-Control"] = kept
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _reduced(name: str, side: int) -> bytes:
    free_connection()
    with _slots:
        try:
            return _webp(_opened(storing.read(name), name, side), side)
        except (FileNotFoundError, InferenceError) as error:
            raise Purged from error


def _opened(data: bytes, name: str, side: int) -> Image.Image:
    if name.endswith(".zip"):
        return _composed(data)
    formats = _MADE if name.startswith("results/") else _UPLOADED
    found = decoding.decode(data, formats=formats, max_pixels=_MOST_PIXELS, at_least=(side, side))
    if found.alpha is None:
        return Image.fromarray(found.rgb)
    return Image.fromarray(np.dstack([found.rgb, found.alpha]))


def _composed(data: bytes) -> Image.Image:
    """The colours and the alpha of our own ZIP, as its readers put them together."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        colours = decoding.decode(archive.read("color.jpg"), max_pixels=_MOST_PIXELS).rgb
        alpha = decoding.decode_mask(archive.read("alpha.png"), max_pixels=_MOST_PIXELS)
    return Image.fromarray(np.dstack([colours, alpha]))


def _webp(image: Image.Image, side: int) -> bytes:
    image.thumbnail((side, side), reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()
