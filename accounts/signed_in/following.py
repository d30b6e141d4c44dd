"""Keeps what is known of a sign-in with its session, which gets another key now and then."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import sessions


def follow_the_key(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Middleware. The key changes with the password, and once after SECRET_KEY was replaced."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        follow(request)
        return response

    return middleware


def follow(request: HttpRequest) -> None:
    """From the key that the browser sent to the one that it will be sent."""
    old, new = request.COOKIES.get(settings.SESSION_COOKIE_NAME), request.session.session_key
    if old and new and old != new:
        sessions.renamed(old, new)
