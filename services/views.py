"""The signed download of a result: no key needed, so the link itself is what is checked."""

import re
from collections.abc import Iterator
from typing import IO
from uuid import UUID

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header, parse_etags
from rest_framework.request import Request
from rest_framework.views import APIView

from inference.rendering.files import MEDIA_TYPES
from services import files, schemas
from services.dialects.view import IgnoreAccept
from services.errors import ApiError
from services.models import Job

_CHUNK = 256 * 1024
# No file is as long as a number of more digits.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class DownloadView(APIView):
    """The bytes of a result, whole or one range of them (RFC 9110)."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = IgnoreAccept

    @schemas.download()
    def get(self, request: Request, job_id: UUID) -> HttpResponseBase:
        query = request.query_params
        try:
            job = files.open_link(job_id, query.get("expires", ""), query.get("sig", ""))
            return stream_result(request._request, job)
        except ApiError as error:
            response = JsonResponse({"detail": error.message}, status=error.status)
            if error.retry_after_s is not None:
                response["Retry-After"] = str(error.retry_after_s)
            return response


def stream_result(request: HttpRequest, job: Job) -> HttpResponseBase:
    """For whoever may have it: the caller has checked. Raises Purged or ResultAway."""
    etag = f'"{job.result_sha256}"'
    if _has_it(request, etag):
        # With the headers of the picture: caches take over those of this answer.
        unchanged = HttpResponse(status=304, content_type=_media_type(job))
        unchanged["Content-Length"] = str(job.result_bytes)
        return _described(unchanged, job, etag)
    wanted = _range(request, job.result_bytes, etag)
    if wanted is None:
        response: HttpResponseBase = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{job.result_bytes}"
        return response
    first, last = wanted
    file = files.open_result(job)
    response = StreamingHttpResponse(FileSlice(file, first, last), content_type=_media_type(job))
    response["Content-Length"] = str(last - first + 1)
    if last - first + 1 < job.result_bytes:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{job.result_bytes}"
    return _described(response, job, etag)


def _described(response: HttpResponseBase, job: Job, etag: str) -> HttpResponseBase:
    stem = job.input_filename.rpartition(".")[0] or job.input_filename or str(job.pk)
    name = f"{stem}-{job.service}.{job.result_extension}"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    # Whoever holds the link may use the picture from any page, as a stored copy could be.
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _media_type(job: Job) -> str:
    return MEDIA_TYPES[job.result_extension]


def _has_it(request: HttpRequest, etag: str) -> bool:
    """Whether one of several tags is this one; a proxy that compresses makes them weak."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return any(tag == "*" or tag.removeprefix("W/") == etag for tag in tags)


def _range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte; the whole file for what is no single range; None if it lies outside."""
    whole = (0, size - 1)
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not match or match.group() == "bytes=-":
        return whole
    if request.headers.get("If-Range", etag) != etag:
        return whole
    start, end = match.groups()
    if not start:
        return (max(0, size - int(end)), size - 1) if int(end) else None
    first, last = int(start), min(int(end or size), size - 1)
    return (first, last) if first <= last else None


class FileSlice:
    """Bytes first to last of a file, in chunks; closed with the response, read or not."""

    def __init__(self, file: IO[bytes], first: int, last: int) -> None:
        self.file = file
        self.first = first
        self.last = last

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.first)
        left = self.last - self.first + 1
        while left > 0 and (chunk := self.file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()
