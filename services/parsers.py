"""DRF parsers of the raw-bytes APIs: forms, JSON and bare bytes, each counted while it is read.

A chunked body promises no length, so the limit holds for what really comes.
"""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from inference.signatures import is_surely_a_file
from services.errors import FileTooLarge
from services.uploads import UploadLimits

_CHUNK = 1 << 16
_NOT_JSON = "The body is not a valid JSON object."


class RawBody(bytes):
    """The picture itself, which is neither a form nor JSON."""


class _CappedParser(BaseParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limits: UploadLimits | None = (parser_context or {})["view"].upload_limits
        return self.parse_bytes(_read(stream, limits or UploadLimits(settings.MAX_UPLOAD_BYTES)))

    def parse_bytes(self, body: bytes) -> Any:
        raise NotImplementedError


class CappedFormParser(_CappedParser):
    """`application/x-www-form-urlencoded`, where a base64 picture may be most of the body."""

    media_type = "application/x-www-form-urlencoded"

    def parse_bytes(self, body: bytes) -> QueryDict:
        return QueryDict(body, encoding="utf-8")


class FormOrPictureParser(_CappedParser):
    """The same where it may be the picture itself: what curl sends is called a form unless told."""

    media_type = CappedFormParser.media_type

    def parse_bytes(self, body: bytes) -> QueryDict | RawBody:
        # A form is plain letters throughout.
        return RawBody(body) if is_surely_a_file(body) else QueryDict(body, encoding="utf-8")


class CappedJsonParser(_CappedParser):
    """`application/json`: an object, nothing else."""

    media_type = "application/json"

    def parse_bytes(self, body: bytes) -> dict[str, Any]:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ParseError(_NOT_JSON) from error
        if not isinstance(value, dict):
            raise ParseError(_NOT_JSON)
        return value


class RawParser(_CappedParser):
    """Everything else, also a body that names no type."""

    media_type = "*/*"

    def parse_bytes(self, body: bytes) -> RawBody:
        return RawBody(body)


FORM_PARSERS: list[type[BaseParser]] = [MultiPartParser, CappedFormParser, CappedJsonParser]
ALL_PARSERS: list[type[BaseParser]] = [
    *(MultiPartParser, FormOrPictureParser, CappedJsonParser),
    RawParser,
]


def _read(stream: IO[Any], limits: UploadLimits) -> bytes:
    """Raises FileTooLarge once more has come than a picture in base64 can be."""
    chunks, size = [], 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > limits.max_body_bytes:
            raise FileTooLarge(limits.max_bytes)
        chunks.append(chunk)
    return b"".join(chunks)
