"""Django's test client by way of real connections: its requests leave this process.

`Wire` stands in for the handler of django.test.Client and of rest_framework's APIClient: it gets the
WSGI environment that they put together, sends what it says to the servers in turn, and gives back a
response with the status, headers, cookies and bytes that came.
"""

import http.client
import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test.client import ClientHandler

_TIMEOUT_S = 110
_PRINTABLE = "".join(map(chr, range(33, 127)))
_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class Answer(HttpResponse):
    """What came, whole; tests may read it as a stream, as they read the product's own downloads."""

    @property
    def streaming_content(self) -> Iterator[bytes]:
        return iter([self.content])

    @property
    def url(self) -> str:
        """Where a redirect leads."""
        return self["Location"]


class Wire:
    """Sends to each of the servers in turn, from any thread; `sent` counts."""

    def __init__(self, urls: list[str]) -> None:
        self.addresses = [urlsplit(url).netloc for url in urls]
        self._turns = itertools.cycle(self.addresses)
        self._lock = threading.Lock()
        self.sent = 0

    def handle(self, handler: ClientHandler, environ: dict[str, Any]) -> HttpResponse:
        """In place of ClientHandler.__call__."""
        headers = dict(_headers(environ))
        if not handler.enforce_csrf_checks:
            _agree_on_a_token(environ["REQUEST_METHOD"], headers)
        response = self._ask(environ, headers)
        response.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined]
        return response

    def application(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """In place of the WSGI application, for clients that call that."""
        response = self._ask(environ, dict(_headers(environ)))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    def _ask(self, environ: dict[str, Any], headers: dict[str, str]) -> HttpResponse:
        with self._lock:
            address, self.sent = next(self._turns), self.sent + 1
        connection = http.client.HTTPConnection(address, timeout=_TIMEOUT_S)
        try:
            return _exchange(connection, environ, headers)
        finally:
            connection.close()


def _exchange(
    connection: http.client.HTTPConnection, environ: dict[str, Any], headers: dict[str, str]
) -> HttpResponse:
    body = environ["wsgi.input"].read()
    method = environ["REQUEST_METHOD"]
    connection.putrequest(method, _target(environ), skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if len(body) < int(headers.get("Content-Length", 0)):
        connection.putheader("Expect", "100-continue")  # promised, and held back
    # A server that refuses early may have stopped to listen: what it said is there to be read.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders(body or None)
    return _response(connection.getresponse())


def _target(environ: dict[str, Any]) -> str:
    path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/~:@!$&'()*+,;=")
    query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe=_PRINTABLE)
    return f"{path}?{query}" if query else path


def _headers(environ: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "HTTP_HOST" not in environ:
        port = environ.get("SERVER_PORT", "80")
        yield "Host", environ["SERVER_NAME"] + ("" if port == "80" else f":{port}")
    for name, value in environ.items():
        if name.startswith("HTTP_") and value:
            yield name.removeprefix("HTTP_").replace("_", "-").title(), value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length or environ["REQUEST_METHOD"] not in _SAFE_METHODS:
        yield "Content-Length", str(length)


def _agree_on_a_token(method: str, headers: dict[str, str]) -> None:
    """What a page of ours has a browser send, where the test client is let off."""
    cookie = headers.get("Cookie", "")
    if method in _SAFE_METHODS or not cookie:
        return
    if known := SimpleCookie(cookie).get("csrftoken"):
        token = known.value
    else:
        token = secrets.token_hex(16)
        headers["Cookie"] = f"{cookie}; csrftoken={token}"
    headers["X-Csrftoken"] = token


def _response(came: http.client.HTTPResponse) -> HttpResponse:
    response = Answer(came.read(), status=came.status, reason=came.reason)
    del response.headers["Content-Type"]
    for name, value in came.getheaders():
        if name.lower() == "set-cookie":
            response.cookies.load(value)
        elif name.lower() not in _OF_THE_CONNECTION:
            before = response.headers.get(name)
            response.headers[name] = f"{before}, {value}" if before else value
    return response
