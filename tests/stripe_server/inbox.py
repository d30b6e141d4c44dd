"""A receiver of webhooks: verifies as the library does, and answers as it is told."""

import threading

import stripe
from werkzeug import Request, Response
from werkzeug.serving import make_server

from tests.stripe_server.server import QuietHandler


class Inbox:
    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.answers: list[int] = []
        self.events: list[stripe.Event] = []
        self._server = make_server(
            "127.0.0.1",
            0,
            Request.application(self._receive),
            threaded=True,
            request_handler=QuietHandler,
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _receive(self, request: Request) -> Response:
        """The next of `answers`, then 200; an event counts when its signature is right."""
        event = stripe.Webhook.construct_event(
            request.get_data(), request.headers["Stripe-Signature"], self._secret
        )
        self.events.append(event)
        return Response(status=self.answers.pop(0) if self.answers else 200)
