"""Clients that hang up: a request over a bare socket, cut off at a moment of choice."""

import socket
import struct
from urllib.parse import urlsplit

from tests.live.product import SERVICE

_BOUNDARY = b"hanging-up"


def request_bytes(url: str, key: str, request_id: str, data: bytes) -> tuple[bytes, bytes]:
    """Head and body of the request for one picture."""
    body = (
        b"--" + _BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a.png"'
        b"\r\n\r\n" + data + b"\r\n--" + _BOUNDARY + b"--\r\n"
    )
    lines = [
        f"POST {SERVICE} HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        f"Authorization: Bearer {key}",
        f"X-Request-ID: {request_id}",
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY.decode()}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode(), body


class Caller:
    """One connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=60)

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self, size: int) -> bytes:
        return self.socket.recv(size)

    def hang_up(self, *, rudely: bool) -> None:
        """Politely with a FIN, rudely with a reset."""
        if rudely:
            now = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.socket.close()
