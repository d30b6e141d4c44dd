"""The metrics of a group of worker processes, on a port of their own: MASKR_METRICS_PORT.

Dramatiq runs `serve` in a process beside the workers, where Django is not set up. It listens on all
addresses, so that a probe can see that it does; who may read is as at /metrics.
"""

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")

from django.conf import settings  # noqa: E402
from django.http.request import split_domain_port, validate_host  # noqa: E402
from prometheus_client import make_wsgi_app  # noqa: E402

from maskr_site.metrics import access, folder  # noqa: E402

_HAS_BOTH = socket.has_dualstack_ipv6()
#: Of both kinds: in a cluster with IPv6 alone a probe knows no other. To strangers every path is 404.
HOST = "::" if _HAS_BOTH else "0.0.0.0"  # noqa: S104


class _Server(WSGIServer):
    address_family = socket.AF_INET6 if _HAS_BOTH else socket.AF_INET

    def server_bind(self) -> None:
        if _HAS_BOTH:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_args: Any) -> None:
        """Nothing: a scrape every few seconds is no news."""


def serve() -> int:
    with make_server(HOST, settings.METRICS_PORT, application, _Server, _Quiet) as server:
        server.serve_forever()
    return 0


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if not _may_read(environ) or environ.get("PATH_INFO") != "/metrics":
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Not found.\n"]
    answer: Iterable[bytes] = make_wsgi_app(folder.counters())(environ, start_response)
    return answer


def _may_read(environ: dict[str, Any]) -> bool:
    if settings.METRICS_TOKEN:
        return access.is_token(environ.get("HTTP_AUTHORIZATION", ""))
    # Or a browser of this machine, led here by a stranger's name, would read for that stranger.
    host, _ = split_domain_port(environ.get("HTTP_HOST", "127.0.0.1"))
    return (
        validate_host(host, settings.ALLOWED_HOSTS)
        and not access.came_through_a_proxy(environ)
        and access.is_this_machine(environ.get("REMOTE_ADDR", ""))
    )
