"""Takes requests in without a thread, as far as it needs to know that somebody is really sending.

A thread that reads what comes a byte at a time is lost to everybody else, and there are only so
many. So a connection gets one when its request is here: all of it where it is small, its head and
the first 64 KB where it is not. Who sends a byte a second never gets that far.
"""

import json
import re
import time
from typing import Any

#: Of a request; what is larger is read by the thread that serves it, at the least rate or faster.
ENOUGH_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n")
#: What a client sends that wants an answer before it sends its body.
_EXPECTATION = re.compile(rb"\r\nexpect:")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:")
#: Ends a chunked body. The same bytes within one only bring a thread a little early.
_LAST_CHUNK = re.compile(rb"\r\n0+[ \t]*(;[^\r\n]*)?\r\n")
_TOO_SLOW = "The request did not arrive in time. You were not charged."
_OUR_FAULT = "Something went wrong on our side. You were not charged."


class Arrival:
    """What came of one request, and since when it is coming."""

    def __init__(self, received: bytes = b"") -> None:
        self.received = bytearray(received)
        self.began_at = time.monotonic()
        self._has_ended = False
        self._head_bytes = 0
        self._wanted_bytes = ENOUGH_BYTES
        self._is_chunked = False

    def take_from(self, sock: Any) -> None:
        """Reads what is there, until it is enough. The socket must not block."""
        while not self.is_enough():
            try:
                block = sock.recv(ENOUGH_BYTES)
            except BlockingIOError:
                return
            except OSError:
                block = b""
            self._has_ended = not block
            self.received += block

    def is_enough(self) -> bool:
        """Whether a thread has something to do: a request, the beginning of a large one, an end."""
        if not self._head_bytes:
            self._look_for_head()
        if self._has_ended or len(self.received) >= self._wanted_bytes:
            return True
        return self._is_chunked and bool(_LAST_CHUNK.search(self.received, self._head_bytes - 2))

    @property
    def has_head(self) -> bool:
        return bool(self._head_bytes)

    def _look_for_head(self) -> None:
        """It says how much is to come after it."""
        end = self.received.find(_END_OF_HEAD)
        if end < 0:
            return
        self._head_bytes = end + len(_END_OF_HEAD)
        head = bytes(self.received[: end + 2]).lower()
        waits_for_answer = bool(_EXPECTATION.search(head))
        self._is_chunked = bool(_CHUNKED.search(head)) and not waits_for_answer
        length = _LENGTH.search(head)
        body_bytes = int(length.group(1)) if length and not waits_for_answer else 0
        if not self._is_chunked:
            self._wanted_bytes = min(self._head_bytes + body_bytes, ENOUGH_BYTES)


def refuse(sock: Any) -> None:
    """Tells a client whose head never became whole; whether it listens is its own affair."""
    try:
        sock.send(_answer(408, "Request Timeout", _TOO_SLOW))
    except OSError:
        return


def write_error(sock: Any, status: int, reason: str, message: str) -> None:
    """In the place of gunicorn's, which answers what is no HTTP with a page. Raises OSError."""
    sock.sendall(_answer(status, reason, message or _OUR_FAULT))


def _answer(status: int, reason: str, sentence: str) -> bytes:
    body = json.dumps({"detail": sentence}).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
