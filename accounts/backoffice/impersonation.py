"""Staff look at an account's pages as its owner does, and can do nothing there.

Django-hijack swaps the user of the session; here stand who may, the audit of begin and end, and
the middleware that refuses whatever is not a mere look.
"""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from hijack.signals import hijack_ended, hijack_started
from hijack.views import AcquireUserView

from accounts import sessions
from accounts.backoffice import audit
from accounts.backoffice.forms import MOST_LETTERS, ReasonForm
from accounts.backoffice.site import has_second_factor
from accounts.models import User

REFUSED = "You are looking at somebody else's account: nothing can be changed here."
_SAFE = ("GET", "HEAD", "OPTIONS")
#: Pages that show or make means to log in; the owner's business even to look at.
_CLOSED = ("/accounts/", "/admin/")
#: In the session: of the password that the staff had signed in with, as Django keeps it.
_HASH = "hijacker_hash"


def may_impersonate(*, hijacker: User, hijacked: User | None) -> bool:
    """Never another member of staff, whose rights would come along; and never from within one."""
    if hijacked is None or not hijacked.is_active or hijacked.is_above_others:
        return False
    if not hijacker.is_staff or not has_second_factor(hijacker):
        return False
    return hijacker.has_perm("accounts.impersonate_user")


class AcquireView(AcquireUserView):  # type: ignore[misc]  # without types
    """Hijack's own, with a reason; without one nothing begins."""

    def test_func(self) -> bool:
        return bool(super().test_func()) and not self.request.session.get("hijack_history")

    def get_object(self, queryset: Any = None) -> Any:
        try:
            return super().get_object(queryset)
        except ValueError as error:
            raise Http404 from error

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return _ask_again(request)
        request.hijack_reason = form.cleaned_data["reason"]  # type: ignore[attr-defined]
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer


def _ask_again(request: HttpRequest) -> HttpResponse:
    text, owner = (
        f"Give a reason of at most {MOST_LETTERS} letters.",
        request.POST.get("user_pk", ""),
    )
    if "text/html" in request.headers.get("Accept", "") and owner.isdecimal():
        messages.error(request, text)
        return redirect("admin:accounts_user_impersonate", int(owner))
    return JsonResponse({"detail": text}, status=400)


def read_only(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware, after hijack's: while somebody impersonates, only looking is answered."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Without a cookie there is no session: programs with a key cost nothing here.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not has_session or not request.session.get("hijack_history"):
            return get_response(request)
        if not _may_go_on(request):
            request.session.flush()
            return redirect(settings.LOGIN_URL)
        is_look = request.method in _SAFE and not request.path.startswith(_CLOSED)
        if is_look or request.path == reverse("hijack:release"):
            return get_response(request)
        if "text/html" in request.headers.get("Accept", ""):
            return render(request, "accounts/impersonation_refused.html", status=403)
        return JsonResponse({"detail": REFUSED}, status=403)

    return middleware


def _may_go_on(request: HttpRequest) -> bool:
    """Asked each time: the session is the owner's, so that it survives whatever befalls the staff.

    Their own would end with their password, which they change when somebody else has a session of it.
    """
    hijacker = User.objects.filter(pk=request.session["hijack_history"][-1]).first()
    hijacked = cast(User, request.user)
    signed_in_by = str(request.session.get(_HASH, ""))
    if (
        hijacker
        and may_impersonate(hijacker=hijacker, hijacked=hijacked)
        and sessions.is_of_password(hijacker, signed_in_by)
    ):
        return True
    if hijacker and hijacked.is_authenticated:
        audit.note(hijacker, hijacked, "Impersonation ended: there was no right to it any more.")
    return False


def connect() -> None:
    hijack_started.connect(_note_begin, dispatch_uid="audit_impersonation_begin")
    hijack_ended.connect(_note_end, dispatch_uid="audit_impersonation_end")


def _note_begin(request: HttpRequest, hijacker: User, hijacked: User, **_kwargs: Any) -> None:
    request.session[_HASH] = hijacker.get_session_auth_hash()
    reason: str = getattr(request, "hijack_reason", "")
    audit.note(hijacker, hijacked, "Impersonation began.", reason)


def _note_end(hijacker: User, hijacked: User, **_kwargs: Any) -> None:
    audit.note(hijacker, hijacked, "Impersonation ended.")
