"""Uploads are measured while they stream in, and cut off at the limit of their endpoint."""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from services.errors import BadRequest, CodedBody, FileTooLarge

_FORM_OVERHEAD_BYTES = 1024 * 1024


@dataclass(frozen=True)
class UploadLimits:
    """What one request may carry. With `skips_large`, a too large file is dropped alone."""

    max_bytes: int
    max_files: int = 1
    skips_large: bool = False
    #: What the limit is called where files do not count one by one, such as "50 pairs".
    most: str = ""

    @property
    def too_many(self) -> str:
        return f"Too many files; at most {self.most or self.max_files} are accepted."

    @property
    def max_form_bytes(self) -> int:
        """Of a multipart form: the files and the options."""
        return self.max_bytes * self.max_files + _FORM_OVERHEAD_BYTES

    @property
    def max_body_bytes(self) -> int:
        """Of a body that is no multipart form: the picture in base64, escaped, and its options."""
        return self.max_bytes * 3 // 2 + _FORM_OVERHEAD_BYTES

    def check_promise(self, request: HttpRequest, *, takes_base64: bool = False) -> None:
        """Raises FileTooLarge from the Content-Length alone, before a byte is read."""
        promised = int(request.META.get("CONTENT_LENGTH") or 0)
        is_form = request.content_type == "multipart/form-data"  # else there is one file at most
        most = self.max_form_bytes if is_form else self.max_bytes + _FORM_OVERHEAD_BYTES
        most = max(most, self.max_body_bytes if takes_base64 else 0)
        if promised > most:
            if request.META.get("maskr.chunked"):
                return  # nothing was promised; the handler below counts
            raise FileTooLarge(self.max_bytes)


def check_coding(request: HttpRequest) -> None:
    """Raises CodedBody where the bytes that come are not yet those of a form or a picture."""
    codings = request.META.get("HTTP_CONTENT_ENCODING", "").lower().split(",")
    if any(coding.strip() not in ("", "identity") for coding in codings):
        raise CodedBody


class TooLargeFile(SimpleUploadedFile):
    """Stands in a batch for a file whose bytes were dropped at the limit."""

    def __init__(self, name: str) -> None:
        super().__init__(name, b"")


class SizeLimitHandler(FileUploadHandler):
    """First in FILE_UPLOAD_HANDLERS; the view leaves its UploadLimits on the request."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.limits: UploadLimits | None = None
        self.files_seen = 0
        self.too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.limits = getattr(self.request, "upload_limits", None)
        self.files_seen += 1
        self.too_large = False
        if self.limits and self.files_seen > self.limits.max_files + 1:
            # One more than allowed is left to the view's own message; a flood is not read.
            self._interrupt()
            raise BadRequest(self.limits.too_many)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self.limits is None or start + len(raw_data) <= self.limits.max_bytes:
            return raw_data
        if not self.limits.skips_large:
            self._interrupt()
            raise FileTooLarge(self.limits.max_bytes)
        self.too_large = True
        return None

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":
        return TooLargeFile(self.file_name or "file") if self.too_large else None

    def _interrupt(self) -> None:
        """Has the handlers after this one remove what they wrote; the parser would not."""
        for handler in self.request.upload_handlers if self.request else ():
            if handler is not self and getattr(handler, "file", None):
                handler.upload_interrupted()
