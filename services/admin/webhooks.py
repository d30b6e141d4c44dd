"""Webhooks in the admin: looked at, switched off, sent again. Secrets are nowhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.backoffice.actions import ActionsOnPage, Refused, Request, reasoned
from accounts.backoffice.forms import ReasonForm
from accounts.backoffice.links import link
from accounts.backoffice.long_tables import LongTableAdmin, ShortListFilter
from accounts.backoffice.tables import table
from services.admin import searches
from services.outgoing import deliveries, endpoints
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from services.outgoing.names import EventType


def by_owner_or_url(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Who is bothered by us knows the URL only. Endpoints are few: reading them all costs nothing."""
    there = rows.filter(url__icontains=words)
    owned = searches.by_owner(rows, words)
    return there if owned is None else there | owned


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ActionsOnPage, LongTableAdmin):
    list_display = ["url", "owner", "description", "state", "failing_since", "created_at"]
    list_filter = ["is_enabled"]
    list_select_related = ["owner"]
    searches = (searches.by_id, by_owner_or_url)
    search_help_text = "Id of an endpoint, an email address, or a part of the URL"
    actions = ["switch_off"]
    fields = [
        "owner_link", "url", "description", "told_of", "state", "disabled_because", "failing_since",
        "created_at",
    ]  # fmt: skip

    @admin.display(description="account")
    def owner_link(self, endpoint: WebhookEndpoint) -> SafeString:
        return link("accounts_user", endpoint.owner_id, str(endpoint.owner))

    @admin.display(description="events")
    def told_of(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.events)

    @reasoned("Switch off", permission="switch", note="The owner gets a mail and can undo it.")
    def switch_off(self, _request: Request, endpoint: WebhookEndpoint) -> str:
        because = "The operator of this service switched it off."
        if not endpoints.switch_off(endpoint, because, tells=True):
            raise Refused(f"{endpoint} is off already.")
        return f"{endpoint} switched off."

    def offers(self, action: str, subject: Any) -> bool:
        return subject is not None and subject.is_enabled

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("services.change_webhookendpoint"))


class EventTypeFilter(ShortListFilter):
    title = "event"
    parameter_name = "event__type"

    def values(self) -> list[tuple[str, str]]:
        return [(value, value) for value in EventType.values]


def by_event(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    """By the id that customers read, evt_…"""
    try:
        event = UUID(words.removeprefix("evt_"))
    except ValueError:
        return None
    found = rows.filter(event_id=event)
    return found if words.startswith("evt_") or found.exists() else None


def by_endpoint(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    return rows.filter(endpoint__in=by_owner_or_url(WebhookEndpoint.objects.all(), words))


class SendAgainForm(ReasonForm):
    # Sent twice, by a double click, it is one post.
    versions = forms.JSONField(required=False, widget=forms.HiddenInput)

    @classmethod
    def shown_of(cls, objects: Sequence[WebhookDelivery]) -> dict[str, Any]:
        return {"versions": {str(delivery.pk): delivery.version for delivery in objects}}

    def clean_versions(self) -> dict[str, Any]:
        versions = self.cleaned_data["versions"]
        return versions if isinstance(versions, dict) else {}


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ActionsOnPage, LongTableAdmin):
    list_display = ["created_at", "event", "endpoint", "state", "attempts", "last_status", "last_error"]  # fmt: skip
    list_filter = ["state", EventTypeFilter]
    list_select_related = ["event", "endpoint"]
    searches = (by_event, searches.by_id, by_endpoint)
    search_help_text = (
        "Id of an event (evt_…) or a delivery, an email address, or a part of the URL"
    )
    actions = ["send_again"]
    fields = [
        "event", "endpoint", "state", "attempts", "created_at", "next_at", "ended_at", "tries",
    ]  # fmt: skip

    @admin.display(description="log")
    def tries(self, delivery: WebhookDelivery) -> SafeString | str:
        return table(("time", "answer", "milliseconds"), (
            (datetime.fromisoformat(each["at"]), each["status"] or each["error"], each["ms"])
            for each in delivery.log
        ))  # fmt: skip

    @reasoned(
        "Send again", permission="send", form=SendAgainForm, note="With all attempts before it."
    )
    def send_again(self, request: Request, delivery: WebhookDelivery) -> str:
        if not delivery.endpoint.is_enabled:
            raise Refused(f"{delivery.endpoint} is off.")
        if not deliveries.send_again(
            delivery, request.fields["versions"].get(str(delivery.pk), "")
        ):
            raise Refused(
                f"{delivery.event} was sent since this page was opened, and not once more."
            )
        return f"{delivery.event} is sent again."

    def has_send_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("services.change_webhookdelivery"))
