from typing import Any

from allauth.account.signals import user_logged_in
from allauth.usersessions.apps import UserSessionsConfig
from django.http import HttpRequest


class SignedInConfig(UserSessionsConfig):  # type: ignore[misc]  # without types
    """allauth's own, but for one thing: at a sign-in it does not ask who is signed in elsewhere.

    That would give those sessions other keys while SECRET_KEY is being replaced.
    """

    def ready(self) -> None:
        super().ready()
        from allauth.usersessions import signals

        user_logged_in.disconnect(receiver=signals.on_user_logged_in)
        user_logged_in.connect(_note)


def _note(request: HttpRequest, **_kwargs: Any) -> None:
    # Models are loaded only by now.
    from allauth.usersessions.models import UserSession

    UserSession.objects.create_from_request(request)
