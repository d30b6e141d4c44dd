"""The calls: key, faults, idempotency, the work itself, and the answer in Stripe's shape."""

import hmac
import json
import socket
import threading
from dataclasses import dataclass
from typing import Any

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from tests.stripe_server import forms, routes
from tests.stripe_server.errors import Refused, StripeError, Unauthorized
from tests.stripe_server.faults import Fault, Faults
from tests.stripe_server.idempotency import Answer, IdempotencyKeys
from tests.stripe_server.listing import expanded
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import API_VERSION, Thing, World, new_id


@dataclass(frozen=True)
class Received:
    """A call as it came in, with the status of its answer; None where the line was cut."""

    method: str
    path: str
    params: dict[str, Any]
    idempotency_key: str | None
    status: int | None


class Api:
    def __init__(self, world: World, key: str) -> None:
        self.world = world
        self.key = key
        self.faults = Faults()
        self.received: list[Received] = []
        self._keys = IdempotencyKeys()
        self._never = threading.Event()

    def is_in_use(self, idempotency_key: str) -> bool:
        """Its first call is being worked on."""
        with self.world.lock:
            return self._keys.is_in_use(idempotency_key)

    def respond(self, request: Request) -> Response:
        body = request.get_data(as_text=True)
        text = request.query_string.decode() if request.method == "GET" else body
        params = forms.decode(text)
        fault = self.faults.take(request.method, request.path)
        status: int | None = None
        try:
            if fault and fault.kind == "drop_before":
                cut(request)
            response = self._answer(request, params, text, fault)
            if fault and fault.kind == "drop_after":
                cut(request)
            status = response.status_code
            return response
        finally:
            key = request.headers.get("Idempotency-Key")
            entry = Received(request.method, request.path, params, key, status)
            with self.world.lock:
                self.received.append(entry)

    def _answer(
        self, request: Request, params: dict[str, Any], text: str, fault: Fault | None
    ) -> Response:
        request_id = new_id("req")
        try:
            self._check_key(request)
            if fault and fault.kind == "error":
                return _error(fault.status, _ERRORS.get(fault.status, _API_ERROR), request_id)
            return self._once(request, params, text, request_id, fault)
        except StripeError as error:
            return _error(error.status, error.body, request_id)

    def _check_key(self, request: Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            raise Unauthorized(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET"
                "_KEY')."
            )
        if not hmac.compare_digest(given.encode(), self.key.encode()):
            raise Unauthorized(f"Invalid API Key provided: {given[:8]}***{given[-4:]}")

    def _once(
        self,
        request: Request,
        params: dict[str, Any],
        text: str,
        request_id: str,
        fault: Fault | None,
    ) -> Response:
        """The work, or the answer that was kept when it was done."""
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if not key:
            self._linger(fault)
            return _response(self._work(request, params, request_id, key), request_id, key)
        with self.world.lock:
            kept = self._keys.begin(key, (request.method, request.path, text))
        if kept:
            return _response(kept, request_id, key, is_replayed=True)
        answer = None
        try:
            self._linger(fault)
            answer = self._work(request, params, request_id, key)
        finally:
            with self.world.lock:
                self._keys.end(key, answer if answer and _is_kept(answer.status) else None)
        return _response(answer, request_id, key)

    def _linger(self, fault: Fault | None) -> None:
        """Inside the claim on the key, so that a second call with it finds the first at work."""
        if fault and fault.kind == "delay":
            self._never.wait(fault.seconds)

    def _work(
        self, request: Request, params: dict[str, Any], request_id: str, key: str | None
    ) -> Answer:
        try:
            call, values = routes.find(request.method, request.path)
        except HTTPException:
            message = f"Unrecognized request URL ({request.method}: {request.path})."
            return Answer(404, _json({"error": _invalid(message)}), request_id)
        with self.world.lock:
            self.world.request = {"id": request_id, "idempotency_key": key}
            try:
                thing = call(self.world, Parameters(params), *values)
                paths = Parameters(params).texts("expand")
                return Answer(200, _json(expanded(self.world, thing, paths)), request_id)
            except StripeError as error:
                return Answer(error.status, _json({"error": error.body}), request_id)
            finally:
                self.world.request = {"id": None, "idempotency_key": None}


def cut(request: Request) -> None:
    """Ends the connection without an answer."""
    line: socket.socket = request.environ["werkzeug.socket"]
    line.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("cut on purpose")


def _is_kept(status: int) -> bool:
    """What failed validation was never begun."""
    return status == 200 or status == 402


def _json(thing: Thing) -> bytes:
    return json.dumps(thing, indent=2).encode()


def _invalid(message: str) -> Thing:
    return Refused(message).body


_API_ERROR = {"message": "An unknown error occurred.", "type": "api_error"}
_ERRORS = {
    429: {
        "message": "Request rate limit exceeded.",
        "type": "invalid_request_error",
        "code": "rate_limit",
    }
}


def _error(status: int, body: dict[str, Any], request_id: str) -> Response:
    return _response(Answer(status, _json({"error": body}), request_id), request_id, None)


def _response(
    answer: Answer, request_id: str, key: str | None, *, is_replayed: bool = False
) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = API_VERSION
    if key:
        response.headers["Idempotency-Key"] = key
        response.headers["Original-Request"] = answer.request_id
    if is_replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if 400 <= answer.status < 500 and answer.status not in (409, 429):
        response.headers["Stripe-Should-Retry"] = "false"
    return response
