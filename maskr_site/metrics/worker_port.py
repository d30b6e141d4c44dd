"""The metrics of a group of worker processes, on a port of their own: MASKR_METRICS_PORT.

Dramatiq runs `serve` in a process beside the workers, where Django is not set up. Who may read is
as at /metrics; with a token it listens on all addresses, without one on this machine's own.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")

from django.conf import settings  # noqa: E402
from prometheus_client import make_wsgi_app  # noqa: E402

from maskr_site.metrics import access, folder  # noqa: E402


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_args: Any) -> None:
        """Nothing: a scrape every few seconds is no news."""


def serve() -> int:
    host = host_to_bind()
    with make_server(host, settings.METRICS_PORT, application, handler_class=_Quiet) as server:
        server.serve_forever()
    return 0


def host_to_bind() -> str:
    return "0.0.0.0" if settings.METRICS_TOKEN else "127.0.0.1"  # noqa: S104  # the token guards it


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    given = environ.get("HTTP_AUTHORIZATION", "")
    is_allowed = not settings.METRICS_TOKEN or access.is_token(given)
    if not is_allowed or environ.get("PATH_INFO") != "/metrics":
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Not found.\n"]
    answer: Iterable[bytes] = make_wsgi_app(folder.counters())(environ, start_response)
    return answer
