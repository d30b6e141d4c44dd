"""The WSGI application. Chunked bodies, which Django would take for empty ones, are let through."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters
from gunicorn.http.errors import ParseException

from maskr_site.pace import PatientSocket
from services.connections import free_connection
from services.errors import BadRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
_DRAINED, _DRAINED_S = 48 * 2**20, 20.0
_CHARSET = re.compile(r""";\s*charset\*?\s*=\s*("[^"]*"|[^;]*)""", re.IGNORECASE)
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django reads CONTENT_LENGTH bytes and no more; without one it reads nothing at all.

    Where the server marks the end of a chunked body itself, "no limit" is the right length: the
    body is read as it streams in, and the upload limits count what really comes.
    """
    is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    if is_chunked and environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
        environ["CONTENT_LENGTH"] = str(sys.maxsize)
        environ["maskr.chunked"] = True
    environ["wsgi.input"] = _Body(environ["wsgi.input"])
    environ["CONTENT_TYPE"] = _readable(environ.get("CONTENT_TYPE", ""))
    response = _django(environ, start_response)
    # It is made, and sent as slowly as the client takes it: by a few who dawdle, all connections of
    # the pool would be kept from everybody else.
    free_connection()
    _drain(environ)
    return response


class NoChunks(BadRequest, DjangoBadRequest):
    """Of a page, which knows no ApiError, Django makes a 400 of its own."""


class _Body:
    """What the client sends, as slowly as it likes: meanwhile its thread keeps no connection.

    By then one may have been taken to find out whose request it is. Raises NoChunks for chunks
    that are none.
    """

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        return self._asked(self._body.read, size)

    def readline(self, size: int = -1) -> bytes:
        return self._asked(self._body.readline, size)

    def _asked(self, read: Callable[[int], bytes], size: int) -> bytes:
        free_connection()
        try:
            return bytes(read(size))
        except ParseException as error:
            # Nobody can tell where the next request would begin.
            self._body.reader.req.force_close()
            raise NoChunks("The body is not what its Transfer-Encoding says.") from error


def _readable(content_type: str) -> str:
    """Without a charset: text is UTF-8 here, and one that Django cannot use fails outside of every view.

    Where a parameter is coded as nothing is, none is left, for the same reason. The type itself is
    in lower case, which is the only one that Django knows forms by.
    """
    kind, semicolon, parameters = _CHARSET.sub("", content_type).partition(";")
    plain = kind.lower() + semicolon + parameters
    try:
        parse_header_parameters(plain)
    except ValueError:
        return plain.partition(";")[0]
    return plain


def _drain(environ: dict[str, Any]) -> None:
    """Reads what an early answer (a wrong key, say) left of the body.

    Else the server would close the connection under a client that is still sending, which then
    sees a reset instead of the answer, and under the next request of one that keeps it open.
    """
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, PatientSocket):
        connection.note_answer()
    if int(environ.get("CONTENT_LENGTH") or 0) > _DRAINED and "maskr.chunked" not in environ:
        return  # refused for its size: nobody wants to read that
    deadline, left = time.monotonic() + _DRAINED_S, _DRAINED
    try:
        while left > 0 and time.monotonic() < deadline:
            chunk = environ["wsgi.input"].read(min(left, 1 << 16))
            if not chunk:
                return
            left -= len(chunk)
    except (OSError, BadRequest):
        return  # the client is gone, and with it whoever would read the answer; or it makes no sense
