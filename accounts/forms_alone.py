"""Addresses that forms are sent to and that show nothing themselves."""

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


def form_of(page: str, *shared: str) -> Callable[[View], View]:
    """For a view that takes a form of the page named `page` from whoever is signed in.

    Who comes there otherwise is led to that page: after signing in again, which goes on with the
    form's own address, or by the address bar. `shared` names what both addresses have in common.
    """

    def decorate(view: View) -> View:
        signed_in = login_required(view)

        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def led(request: HttpRequest, **named: Any) -> HttpResponseBase:
            if request.method == "POST":
                if not request.user.is_authenticated:
                    messages.warning(request, _SIGNED_OUT)
                return signed_in(request, **named)
            return HttpResponseRedirect(
                reverse(page, kwargs={name: named[name] for name in shared})
            )

        return led

    return decorate
