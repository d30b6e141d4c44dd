"""Codes of authenticator apps, each good for one time."""

from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.core.cache import cache


class _Once(forms.BaseAuthenticateForm):  # type: ignore[misc]  # without types
    """allauth forgets a code half a minute after its use, and takes it for a minute longer than that."""

    def clean_code(self) -> str:
        code = str(super().clean_code())
        is_of_an_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_of_an_app and not _is_first_use(self.user.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_Once, forms.AuthenticateForm):  # type: ignore[misc]
    """At signing in."""


class ReauthenticateForm(_Once, forms.ReauthenticateForm):  # type: ignore[misc]
    """Before what a stolen session must not do."""


def _is_first_use(user_id: Any, code: str) -> bool:
    """Whoever saw a code being typed has nothing of it, however it is spelt."""
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    name = f"accounts.used-code:{user_id}:{normalize_user_code(code)}"
    return bool(cache.add(name, True, timeout=periods * app_settings.TOTP_PERIOD))
