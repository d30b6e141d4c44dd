"""A job's pictures for staff: uploads, which have no link of their own, and small versions.

Nothing here trusts a file: its kind is what its bytes decode as, and the answer may do nothing.
"""

import io
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from PIL import Image, ImageOps

from services import storing
from services.models import Job

SMALL = 96
_KINDS = ("JPEG", "PNG", "WEBP")
#: Larger ones are not made smaller here: decoding them costs more than a list is worth.
_MOST_PIXELS = 50_000_000


@require_safe
@cache_control(private=True, max_age=3600)
def show(request: HttpRequest, job_id: UUID, which: str) -> HttpResponse:
    """`which` is input, companion, result, or one of them with "-small"."""
    if not request.user.has_perm("services.view_job"):
        raise PermissionDenied
    word, _, size = which.partition("-")
    if size not in ("", "small"):
        raise Http404
    data = _read(job_id, word)
    data, media_type = _small(data) if size else (data, _media_type(data))
    response = HttpResponse(data, content_type=media_type)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response


def _read(job_id: UUID, word: str) -> bytes:
    if word not in ("input", "companion", "result"):
        raise Http404
    job = Job.objects.filter(pk=job_id, purged_at=None).first()
    name: str = getattr(job, f"{word}_name", "")
    if not name:
        raise Http404
    try:
        return storing.read(name)
    except FileNotFoundError as error:
        raise Http404 from error


def _small(data: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(data), formats=_KINDS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise Http404
            image.draft("RGB", (SMALL * 2, SMALL * 2))
            small = ImageOps.exif_transpose(image)
            small.thumbnail((SMALL, SMALL), reducing_gap=2.0)
            out = io.BytesIO()
            small.convert("RGBA").save(out, "WEBP", quality=80, method=0)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Http404 from error
    return out.getvalue(), "image/webp"


def _media_type(data: bytes) -> str:
    try:
        with Image.open(io.BytesIO(data), formats=_KINDS) as image:
            return Image.MIME[image.format or ""]
    except (OSError, ValueError, SyntaxError, KeyError, Image.DecompressionBombError) as error:
        raise Http404 from error
