"""The WSGI application. Chunked bodies, which Django would take for empty ones, are let through."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
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
    return _django(environ, start_response)
