"""Calls from pages of other sites: vendors' own samples and plugins run in browsers.

Keys come in headers and never in cookies, so that nothing is open to a page that has no key.
"""

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from services.dialects.view import DialectView

_ANSWERED = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
# A star alone does not cover Authorization, and older browsers do not know it.
_SENT = "Authorization, X-Api-Key, Api-Key, X-Picsart-Api-Key, Content-Type, Idempotency-Key, *"
_DAY_S = "86400"


class CalledFromPages(DialectView):
    """What browsers ask before they send a key is answered without one, and all of it may be read."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method != "OPTIONS":
            super().initial(request, *args, **kwargs)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        headers = {
            "Access-Control-Allow-Methods": ", ".join(self.allowed_methods),
            "Access-Control-Allow-Headers": _SENT,
            "Access-Control-Max-Age": _DAY_S,
        }
        return Response(status=204, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in _ANSWERED.items():
            answer[name] = value
        return answer
