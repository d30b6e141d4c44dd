"""How a page of ours calls the API without a key: by the session, with the token against forgery."""

import io

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import User
from services.studio import visitors

_FORGED = "This page is out of date. Reload it and try again. You were not charged."


class PageSession(BaseAuthentication):
    """Comes after the key: a request with any key never gets here.

    One without the token's header is nobody's, as it was before there was a page, so that other
    people's pages and API clients in the same browser meet the usual 401.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if "X-CSRFToken" not in request.headers:
            return None
        user = request._request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        check_token(request)
        return user, None


class Visitor(BaseAuthentication):
    """Whoever is not logged in, as the one account that holds what visitors try."""

    def authenticate(self, request: Request) -> tuple[User, None]:
        check_token(request)
        return visitors.account(), None


def check_token(request: Request) -> None:
    """Raises PermissionDenied for a missing or wrong token, or another site's page.

    The header alone counts: looking for the token in the form would read the upload before its
    limits are set.
    """
    environ = {
        **request.META,
        "wsgi.input": io.BytesIO(),
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "0",
    }
    bare = WSGIRequest(environ)
    check: CsrfViewMiddleware = CSRFCheck(_answer)
    check.process_request(bare)
    if check.process_view(bare, _answer, (), {}) is not None:
        raise PermissionDenied(_FORGED)


def _answer(_request: HttpRequest) -> HttpResponse:
    """The view that the check protects, as far as it is asked."""
    return HttpResponse()
