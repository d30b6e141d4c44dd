"""`Backstage` over HTTP, for a server that runs as a process of its own.

POST /_test/<method> with the arguments as a JSON object; the answer is the result as JSON.
"""

import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from tests.stripe_server.backstage import Backstage
from tests.stripe_server.errors import StripeError

if TYPE_CHECKING:
    from tests.stripe_server.server import StripeServer

METHODS = {
    name for name, _ in inspect.getmembers(Backstage, inspect.isfunction) if name[0] != "_"
} - {"signed"}


def respond(server: "StripeServer", request: Request) -> Response:
    name = request.path.removeprefix("/_test/")
    if name == "requests":
        return _json(server.requests)
    if name not in METHODS or request.method != "POST":
        return _json({"error": f"POST one of: {', '.join(sorted(METHODS))}"}, 404)
    try:
        return _json(getattr(server, name)(**(request.get_json(silent=True) or {})))
    except StripeError as error:
        return _json({"error": error.body}, error.status)
    except (TypeError, TimeoutError) as error:
        return _json({"error": str(error)}, 400)


def _json(value: Any, status: int = 200) -> Response:
    text = json.dumps(value, default=dataclasses.asdict)
    return Response(text, status, content_type="application/json")
