"""Admin actions that are confirmed on a page of their own, with a reason, and audited one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.backoffice import audit
from accounts.backoffice.forms import ReasonForm

#: What one confirmation may cover: more is work for a command, with somebody watching.
MOST_AT_ONCE = 100
#: The field that says that a button of an object's own page was pressed.
FROM_PAGE = "from_page"


class Refused(Exception):
    """An object the action cannot be applied to, in a sentence; the others get their turn."""


class Failed(Refused):
    """It was tried and did not succeed: shown like a refusal, and kept in the history as well."""


@dataclass(frozen=True)
class Request:
    """What an action needs to know of the one who confirmed it."""

    http: HttpRequest
    fields: dict[str, Any]

    @property
    def actor(self) -> Any:
        return self.http.user

    @property
    def reason(self) -> str:
        return str(self.fields["reason"])


#: Does it to one object, says what was done in a sentence, or raises Refused.
Act: TypeAlias = Callable[[Any, Request, Any], str]
Action: TypeAlias = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


def reasoned(
    description: str, *, permission: str, form: type[ReasonForm] = ReasonForm, note: str = ""
) -> Callable[[Act], Action]:
    """Turns a method for one object into an admin action; `note` says what it will come to."""

    def decorate(act: Act) -> Action:
        def action(page: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
            objects = list(chosen[: MOST_AT_ONCE + 1])
            if len(objects) > MOST_AT_ONCE:
                messages.error(request, f"Choose at most {MOST_AT_ONCE} at a time.")
                return None
            if not objects:
                messages.error(request, "What was chosen is not there any more.")
                return None
            sent = request.POST if "confirmed" in request.POST else None
            filled = form(sent, initial=form.shown_of(objects))
            if not filled.is_valid():
                return _ask(page, request, act.__name__, objects, filled, description, note)
            for subject in objects:
                _apply(page, act, Request(request, filled.cleaned_data), subject)
            return _way_back(page, request, objects)

        action.__name__ = act.__name__
        action.is_reasoned = True  # type: ignore[attr-defined]  # offered on the object's page too
        return admin.action(description=description, permissions=[permission])(action)

    return decorate


def _apply(page: Any, act: Act, request: Request, subject: Any) -> None:
    try:
        done = act(page, request, subject)
    except Refused as refusal:
        messages.error(request.http, str(refusal))
        if isinstance(refusal, Failed):
            audit.note(request.actor, subject, str(refusal), request.reason)
    else:
        audit.note(request.actor, subject, done, request.reason)
        messages.success(request.http, done)


def _way_back(page: Any, request: HttpRequest, objects: list[Any]) -> HttpResponse | None:
    """To the page of the object whose button it was; else None, which leads to the list."""
    if FROM_PAGE not in request.POST or not objects or not page.has_view_permission(request):
        return None
    return redirect(admin_urlname(page.opts, "change"), quote(objects[0].pk))  # type: ignore[arg-type]


def _ask(
    page: Any,
    request: HttpRequest,
    name: str,
    objects: list[Any],
    form: ReasonForm,
    description: str,
    note: str,
) -> HttpResponse:
    context = page.admin_site.each_context(request) | {
        "title": description,
        "opts": page.model._meta,
        "objects": objects,
        "form": form,
        "note": note,
        "action": name,
        "checkbox": ACTION_CHECKBOX_NAME,
        "from_page": FROM_PAGE if FROM_PAGE in request.POST else "",
        "media": page.media,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


class ActionsOnPage(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Offers the reasoned actions as buttons on the page of an object, too."""

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        offered = [
            {"name": entry[1], "description": entry[2]}
            for entry in self.get_actions(request).values()
            if entry
            and getattr(entry[0], "is_reasoned", False)
            and self.offers(entry[1], kwargs.get("obj"))
        ]
        return super().render_change_form(
            request,
            context
            | {
                "page_actions": offered,
                "checkbox": ACTION_CHECKBOX_NAME,
                "from_page": FROM_PAGE,
            },
            *args,
            **kwargs,
        )

    def offers(self, action: str, subject: Any) -> bool:
        """Whether the button makes sense for the object as it is now."""
        return subject is not None
