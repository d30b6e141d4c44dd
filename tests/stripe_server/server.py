"""The server in this process: HTTP on a loopback port, and what tests do behind Stripe's counter."""

import threading
from pathlib import Path
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.stripe_server import controls, pages
from tests.stripe_server.api import Api, Received
from tests.stripe_server.backstage import Backstage
from tests.stripe_server.deliveries import QUICK_GAPS, Deliveries
from tests.stripe_server.keeping import Keeper, undelivered
from tests.stripe_server.world import World

KEY = "sk_test_maskr"
WEBHOOK_SECRET = "whsec_maskr"


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Tests and the demonstration have nothing to say about single requests."""


class StripeServer(Backstage):
    def __init__(
        self,
        webhook_url: str = "",
        webhook_secret: str = WEBHOOK_SECRET,
        key: str = KEY,
        port: int = 0,
        gaps: tuple[float, ...] = QUICK_GAPS,
        state: Path | None = None,
    ) -> None:
        self._server = make_server(
            "127.0.0.1", port, self._application, threaded=True, request_handler=QuietHandler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.key = key
        self.webhook_secret = webhook_secret
        self.world = World(self.url)
        self.api = Api(self.world, key)
        self.deliveries = Deliveries(webhook_url, webhook_secret, gaps)
        self._keeper = Keeper(self.world, state) if state else None
        for event in undelivered(self.world):
            self.deliveries.push(event)
        self.world.on_event = self.deliveries.push
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="stripe server",
            daemon=True,
        )

    def start(self) -> "StripeServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.deliveries.stop()
        if self._keeper:
            self._keeper.keep()

    @property
    def webhook_url(self) -> str:
        """Where events go. While it is empty they are held."""
        return self.deliveries.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.deliveries.url = url

    @property
    def requests(self) -> list[Received]:
        with self.world.lock:
            return list(self.api.received)

    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        return self._respond(request)(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith("/v1/"):
            response = self.api.respond(request)
        elif request.path.startswith("/_test/"):
            response = controls.respond(self, request)
        else:
            response = pages.respond(self.world, request)
        if self._keeper and request.method != "GET":
            self._keeper.keep()
        return response
