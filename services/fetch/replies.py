"""The answer of a server that may be hostile: http.client reads it, on a rationed connection.

http.client limits a line to 64 KiB and headers to a hundred, but neither the number of chunks,
their extensions, their trailers or answers 100, nor the time. So every byte it takes from the
connection is counted, and every wait ends with the deadline.
"""

import contextlib
import http.client
import io
import re
import socket
from typing import TYPE_CHECKING, cast

from services.fetch.deadlines import Deadline
from services.fetch.errors import Refused
from services.fetch.urls import Target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_HEAD = 32 * 1024  # status lines and headers together
_PIECE = 64 * 1024
_LEFT_UNREAD = 4 * 1024  # more of an answer that nobody wants is not read
_LENGTH = re.compile(r"[0-9]{1,15}")
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Ration(io.RawIOBase):
    """What http.client takes for the socket. Raises Refused after `allowance` bytes or too late."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self.allowance = MAX_HEAD

    def begin_again(self, allowance: int, deadline: Deadline) -> None:
        self.allowance, self._deadline = allowance, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if self.allowance <= 0:
            raise Refused("the answer is too large")
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(memoryview(buffer)[: self.allowance])
        self.allowance -= count
        return count


class Reply:
    """The head of an answer has been read, its body not yet."""

    def __init__(self, response: http.client.HTTPResponse, ration: _Ration) -> None:
        self._response = response
        self._ration = ration
        self.status = response.status
        self.is_redirect = response.status in REDIRECTS

    @property
    def location(self) -> str:
        locations = self._response.headers.get_all("Location", [])
        if len(locations) != 1:
            raise Refused("a redirect to nowhere, or to several places")
        return str(locations[0])

    def body(self, max_bytes: int) -> bytes:
        """The whole body. Raises Refused, OSError or HTTPException."""
        if self._response.status != 200:
            raise Refused("a status other than 200")
        length = self._checked_length(max_bytes)
        # Twice: the lines between chunks count, too.
        self._ration.allowance = 2 * max_bytes + MAX_HEAD
        received = io.BytesIO()
        while piece := self._response.read(min(_PIECE, max_bytes + 1 - received.tell())):
            received.write(piece)
            if received.tell() > max_bytes:
                raise Refused("the image is too large")
        if received.tell() < (length or 1):
            raise Refused("the answer ends early, or is empty")
        return received.getvalue()

    def drop_body(self, deadline: Deadline) -> None:
        """Reads a little of it, so that a polite server can end; whatever it is does not matter."""
        self._ration.begin_again(_LEFT_UNREAD, deadline)
        with contextlib.suppress(Refused, OSError, http.client.HTTPException):
            self._response.read(_LEFT_UNREAD)

    def _checked_length(self, max_bytes: int) -> int | None:
        """The length if it is announced. Raises Refused for framing that can be read in two ways."""
        headers = self._response.headers
        if headers.defects:
            raise Refused("malformed headers")
        encodings = headers.get_all("Content-Encoding", [])
        if any(text.strip().lower() != "identity" for text in encodings):
            raise Refused("an encoding that was not asked for")
        lengths = {text.strip(" \t") for text in headers.get_all("Content-Length", [])}
        codings = headers.get_all("Transfer-Encoding", [])
        if len(lengths) + len(codings) > 1 or bool(codings) != bool(self._response.chunked):
            raise Refused("contradicting headers")
        if not lengths:
            return None
        if not _LENGTH.fullmatch(text := lengths.pop()):
            raise Refused("a length that is no number")
        if int(text) > max_bytes:
            raise Refused("the image is too large")
        return int(text)


def ask(sock: socket.socket, target: Target, deadline: Deadline) -> Reply:
    """Sends the request and reads the head. Raises Refused, OSError or HTTPException."""
    headers = {"User-Agent": "Maskr (image fetch)"}
    return _exchange(sock, target, "GET", headers, b"", deadline)


def tell(
    sock: socket.socket, target: Target, headers: dict[str, str], body: bytes, deadline: Deadline
) -> Reply:
    """Posts the body and reads the head. Raises Refused, OSError or HTTPException."""
    headers = {**headers, "Content-Length": str(len(body))}
    return _exchange(sock, target, "POST", headers, body, deadline)


def _exchange(
    sock: socket.socket,
    target: Target,
    method: str,
    headers: dict[str, str],
    body: bytes,
    deadline: Deadline,
) -> Reply:
    lines = [
        f"{method} {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "Accept: */*",
        "Accept-Encoding: identity",  # nothing to inflate, so nothing to blow up
        "Connection: close",
    ]
    head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")
    sock.settimeout(deadline.left())
    sock.sendall(head + body)
    ration = _Ration(sock, deadline)
    response = http.client.HTTPResponse(cast(socket.socket, ration), method=method)
    response.begin()
    return Reply(response, ration)
