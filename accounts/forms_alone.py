"""What becomes of a form whose sender was signed out meanwhile, and of addresses that show nothing themselves."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

View: TypeAlias = Callable[..., HttpResponseBase]
_SIGNED_OUT = "You were signed out, so nothing was done. Sign in and send the form again."


def signed_in(view: View) -> View:
    """As login_required; who sent a form that nothing came of is told so on the page to sign in."""
    led_to_sign_in = login_required(view)

    @wraps(view)
    def led(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        if request.method == "POST" and not request.user.is_authenticated:
            messages.warning(request, _SIGNED_OUT)
        return led_to_sign_in(request, *args, **named)

    return led


def form_of(page: str, *shared: str) -> Callable[[View], View]:
    """For a view that takes a form of the page named `page` from whoever is signed in.

    Who comes there otherwise is led to that page: after signing in again, which goes on with the
    form's own address, or by the address bar. `shared` names what both addresses have in common.
    """

    def decorate(view: View) -> View:
        sent = signed_in(view)

        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def led(request: HttpRequest, **named: Any) -> HttpResponseBase:
            if request.method == "POST":
                return sent(request, **named)
            return HttpResponseRedirect(
                reverse(page, kwargs={name: named[name] for name in shared})
            )

        return led

    return decorate
