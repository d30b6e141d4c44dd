"""Codes of authenticator apps, each good for one time, and the secrets they are made of."""

import logging
from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.core.cache import cache
from django.core.exceptions import ValidationError

from accounts.sealing import Unreadable, opened, seal

logger = logging.getLogger(__name__)
_UNREADABLE = "Codes cannot be checked here at the moment. Please tell the operator."


class _Once(forms.BaseAuthenticateForm):  # type: ignore[misc]  # without types
    """allauth forgets a code half a minute after its use, and takes it for a minute longer than that."""

    def clean_code(self) -> str:
        try:
            code = str(super().clean_code())
        except Unreadable as error:
            logger.exception("a second factor cannot be read")
            raise ValidationError(_UNREADABLE) from error
        is_of_an_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_of_an_app and not _is_first_use(self.user.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_Once, forms.AuthenticateForm):  # type: ignore[misc]
    """At signing in."""


class ReauthenticateForm(_Once, forms.ReauthenticateForm):  # type: ignore[misc]
    """Before what a stolen session must not do."""


class ActivateForm(totp_forms.ActivateTOTPForm):  # type: ignore[misc]
    """Sessions lie in the database, too: there the secret of an app to be is sealed as it will be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        try:
            if kept := session.get(SECRET_SESSION_KEY):
                session[SECRET_SESSION_KEY] = opened(kept)
        except Unreadable:
            del session[SECRET_SESSION_KEY]  # another is made, and shown
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = seal(self.secret)


def _is_first_use(user_id: Any, code: str) -> bool:
    """Whoever saw a code being typed has nothing of it, however it is spelt."""
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    name = f"accounts.used-code:{user_id}:{normalize_user_code(code)}"
    return bool(cache.add(name, True, timeout=periods * app_settings.TOTP_PERIOD))
