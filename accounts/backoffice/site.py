"""The admin site: entered by the product's own log-in, so that its second factor and limits hold."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url

#: Not recovery codes, which may be left over: at signing in nobody is asked for them alone.
_ASKED_FOR = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
_WITHOUT_MFA = "Staff need a second factor here. Set up an authenticator app, then open the admin."


class BackofficeSite(AdminSite):
    site_header = site_title = "Maskr"
    index_title = "Today"
    # The lists need the width; the header leads to what is needed daily, the first page to all.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and has_second_factor(request.user)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Null characters, which PostgreSQL does not take, are asked for as what nothing holds."""

        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            request.GET = _without_nulls(request.GET)  # type: ignore[assignment]
            return view(request, *args, **{name: _held(told) for name, told in kwargs.items()})

        return super().admin_view(asked, cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not request.user.is_authenticated:
            after = request.GET.get("next") or resolve_url("admin:index")
            return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': after})}")
        if not super().has_permission(request):
            raise PermissionDenied
        if not has_second_factor(request.user):
            messages.warning(request, _WITHOUT_MFA)
            return redirect("mfa_index")
        return redirect("admin:index")


def has_second_factor(staff: Any) -> bool:
    """Whether somebody may act as staff as far as that goes: where none is asked for, anybody."""
    return not settings.STAFF_MFA or bool(is_mfa_enabled(staff, _ASKED_FOR))


def _without_nulls(asked: QueryDict) -> QueryDict:
    clean = asked.copy()
    for name, told in asked.lists():
        clean.setlist(name, [_held(text) for text in told])
    return clean


def _held(told: Any) -> Any:
    return told.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(told, str) else told
