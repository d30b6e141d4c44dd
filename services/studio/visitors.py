"""What people without an account may try: a few small results a day for each network they come from."""

import math

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts import rates
from accounts.addresses import client_ip, network_of
from accounts.models import User
from services.errors import ApiError, Unavailable

#: Live masks while pointing, for each try.
PREVIEWS_PER_TRY = 30
_TRIES, _PREVIEWS = "visitor-tries", "visitor-previews"
_EVERYBODY = "everybody"
# No addresses, so nobody can sign up with them.
_NAME, _PREVIEWER = "visitors", "previews"


class NoTriesLeft(ApiError):
    status = 429
    code = "no_tries_left"


def account() -> User:
    """The owner of what visitors try; nobody can log in to it, and it is never charged."""
    return _locked_account(_NAME)


def previewer() -> User:
    """The owner of customers' live masks, which would bury the jobs in their own histories."""
    return _locked_account(_PREVIEWER)


def _locked_account(name: str) -> User:
    user = User.objects.filter(email=name).first()
    if user is None:
        locked = {"is_active": False, "password": make_password(None)}
        user, _ = User.objects.get_or_create(email=name, defaults=locked)
    return user


def network(request: HttpRequest) -> str:
    return network_of(client_ip(request), v6=64)


def tries_left(request: HttpRequest) -> int:
    if not settings.VISITOR_TRIES:
        return 0
    states = [
        rates.of_day(settings.VISITOR_TRIES, _TRIES, network(request)),
        rates.of_day(settings.VISITOR_TRIES_IN_ALL, _TRIES, _EVERYBODY),
    ]
    return min(state.remaining if state else 0 for state in states)


def check_tries(request: HttpRequest) -> None:
    """Raises what `take_try` would, before the upload is read."""
    _check_switch()
    _check(rates.of_day(settings.VISITOR_TRIES, _TRIES, network(request)), is_own=True)
    _check(rates.of_day(settings.VISITOR_TRIES_IN_ALL, _TRIES, _EVERYBODY), is_own=False)


def take_try(request: HttpRequest) -> None:
    """Counts a try. Raises NoTriesLeft, or Unavailable where nothing can be counted."""
    _take(request, _TRIES, 1)


def take_preview(request: HttpRequest) -> None:
    """Counts a live mask; raises as `take_try` does."""
    _take(request, _PREVIEWS, PREVIEWS_PER_TRY)


def _take(request: HttpRequest, what: str, factor: int) -> None:
    _check_switch()
    in_all = settings.VISITOR_TRIES_IN_ALL * factor
    # Only looked at first: who is refused for everybody's sake should lose no try of their own.
    _check(rates.of_day(in_all, what, _EVERYBODY), is_own=False)
    own = rates.hit_of_day(settings.VISITOR_TRIES * factor, what, network(request))
    _check(own, is_own=True)
    _check(rates.hit_of_day(in_all, what, _EVERYBODY), is_own=False)


def _check_switch() -> None:
    if not settings.VISITOR_TRIES:
        raise NoTriesLeft("Trying without an account is switched off here. Sign up to go on.")


def _check(state: rates.RateState | None, *, is_own: bool) -> None:
    if state is None:
        # Unlike customers, visitors have no other limit: uncounted, they would have none at all.
        raise Unavailable("Free tries are not available right now. Sign up to go on.")
    if not state.is_allowed:
        raise NoTriesLeft(_refusal(state, is_own=is_own), retry_after_s=state.reset_s)


def _refusal(state: rates.RateState, *, is_own: bool) -> str:
    whose = "of your network" if is_own else "of all visitors"
    hours = math.ceil(state.reset_s / 3600)
    when = "within the hour" if hours == 1 else f"in {hours} hours"
    return f"The free tries {whose} are used up; the next is {when}. Sign up to go on."
