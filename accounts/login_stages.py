"""The steps of signing in, where they differ from allauth's."""

from typing import Any

from allauth.mfa import stages
from django.http import HttpRequest


class SecondFactor(stages.AuthenticateStage):  # type: ignore[misc]  # without types
    """Asks for a code while there is something that makes codes.

    Where the second factor was switched off, or erased with its account, while a browser stood at
    this step, allauth sends that browser to and fro between two pages.
    """

    def __init__(self, controller: Any, request: HttpRequest, login: Any) -> None:
        super().__init__(controller, request, login)
        if not self._should_handle(request):
            self.urlname = None  # signing in begins anew
