"""The list of one's sign-ins, with the button that ends all but this one."""

from typing import Any, cast

from allauth.usersessions.forms import ManageUserSessionsForm
from allauth.usersessions.views import ListUserSessionsView
from django.http import HttpRequest
from django.views.generic import FormView

from accounts import sessions
from accounts.models import User
from accounts.signed_in import following


class OthersForm(ManageUserSessionsForm):  # type: ignore[misc]  # without types
    def save(self, request: HttpRequest) -> None:
        sessions.end_others(cast(User, request.user), request.session.session_key or "")


class SignedInPage(ListUserSessionsView):  # type: ignore[misc]
    """allauth's, over the rules of accounts.sessions."""

    form_class = OthersForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        following.follow(self.request)  # or this very session would be missing once
        # Past allauth's own, which looks into the sessions and changes their keys.
        context = FormView.get_context_data(self, **kwargs)
        found = sessions.listed(cast(User, self.request.user))
        return context | {"sessions": found, "session_count": len(found)}
