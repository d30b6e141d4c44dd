"""The names that files have in multipart forms, as clients write them and Django does not read them.

Django passes over a part whose header is not UTF-8 (curl on Windows, older PHP), and a file that is
named by nothing, "." or "..": its owner would be told that the field is missing. One without any
name is a text to it: .NET, Dart and Apache's client for Java send bytes so unless told their name.
It refuses headers of more than 1024 bytes, which .NET writes for names of some eighty Japanese
letters, twice encoded. Here the bytes of a file count, and its name is only told again.
"""

import re
from collections.abc import Callable
from typing import Any

from django.http import multipartparser
from django.http.multipartparser import FIELD, FILE

from inference.signatures import is_surely_a_file

_NAMELESS = re.compile(rb"(.*[/\\])?\.{0,2}", re.DOTALL)
_A_NAME = b"file"
_SIGNATURE = 16
"""Bytes by which the types of pictures are told."""
_LONGEST_HEADER = 4 * 1024
_Part = tuple[str, dict[str, Any], Any]
_django: Any = multipartparser
_read: Callable[[Any, int], _Part] = _django.parse_boundary_stream


def install() -> None:
    """Has every form of this process read by `read`; Django offers no other place for it."""
    _django.parse_boundary_stream = read


def read(stream: Any, max_header_size: int) -> _Part:
    """The kind of a part, its headers and the stream of its content, as Django has them."""
    longest = max(max_header_size, _LONGEST_HEADER)
    _put_into_utf8(stream, longest)
    kind, headers, content = _read(stream, longest)
    _, told = headers.get("content-disposition", ("", {}))
    name = told.get("filename")
    if name is not None and _NAMELESS.fullmatch(name):
        # A page's form has a part without a name and content for a file that nobody chose.
        kind = FILE if name or _beginning(content, 1) else FIELD
        told["filename"] = _A_NAME
    elif name is None and kind == FIELD and is_surely_a_file(_beginning(content, _SIGNATURE)):
        kind, told["filename"] = FILE, _A_NAME
    return kind, headers, content


def _put_into_utf8(stream: Any, max_header_size: int) -> None:
    chunk = stream.read(max_header_size)
    header, end, rest = chunk.partition(b"\r\n\r\n")
    try:
        header.decode()
    except UnicodeDecodeError:
        if end:
            header = header.decode("latin-1").encode()
    stream.unget(header + end + rest)


def _beginning(content: Any, length: int) -> bytes:
    first: bytes = content.read(length)
    content.unget(first)
    return first
