"""Events, usage to report and top-ups: their state, their error, and another try."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.backoffice.actions import ActionsOnPage, Failed, Refused, Request, reasoned
from accounts.backoffice.facts import FactAdmin
from accounts.backoffice.long_tables import LatelyFilter, LongTableAdmin
from accounts.backoffice.tables import facts
from billing import events
from billing.admin import searches
from billing.models import AutoTopUp, MeterEvent, StripeEvent, TopUpAttempt


class TypeFilter(LatelyFilter):
    title = "type"
    parameter_name = "type"
    newest_by = "received_at"


@admin.register(StripeEvent)
class StripeEventAdmin(ActionsOnPage, LongTableAdmin):
    list_display = ["received_at", "type", "id", "state", "attempts", "error"]
    list_filter = ["state", TypeFilter]
    ordering = ["-received_at"]
    sortable_by = ["received_at"]
    searches = (searches.by_pk, searches.by_type)
    search_help_text = "Id or type of an event"
    date_hierarchy = "received_at"
    actions = ["run_again"]
    fields = [
        "type", "id", "state", "error", "attempts", "received_at", "processed_at", "retry_at", "told",
    ]  # fmt: skip

    @admin.display(description="what it tells")
    def told(self, event: StripeEvent) -> SafeString | str:
        """Empty once the contents have gone, some time after it was processed."""
        return facts(event.payload.get("data", {}).get("object", {}))

    @reasoned("Run again", permission="run", note="What was done already is not done twice.")
    def run_again(self, _request: Request, event: StripeEvent) -> str:
        try:
            done = events.process(event.pk, again=True)
        except Exception as error:
            # Whatever it is stands on the row and is shown; the others still get their turn.
            raise Failed(f"{event}: failed: {error}"[:400]) from error
        return f"{event}: {done.state}."

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.change_stripeevent"))


@admin.register(MeterEvent)
class MeterEventAdmin(ActionsOnPage, FactAdmin):
    list_display = ["happened_at", "job", "account", "event_name", "state", "attempts", "error"]
    list_filter = ["state", "event_name"]
    search_fields = ["job", "account__user__email"]
    list_select_related = ["account__user"]
    actions = ["send_again"]

    @reasoned("Send again", permission="run", note="The provider counts a picture once.")
    def send_again(self, _request: Request, event: MeterEvent) -> str:
        refused = MeterEvent.objects.filter(pk=event.pk, state=MeterEvent.State.REFUSED)
        if not refused.update(state=MeterEvent.State.PENDING, retry_at=timezone.now()):
            raise Refused(f"{event} was not refused.")
        return f"{event} waits to be sent again."

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.change_meterevent"))


@admin.register(TopUpAttempt)
class TopUpAttemptAdmin(FactAdmin):
    list_display = ["created_at", "account", "purchase", "state", "error", "ended_at", "mailed_at"]
    list_filter = ["state"]
    search_fields = ["account__user__email"]
    list_select_related = ["account__user", "purchase"]


@admin.register(AutoTopUp)
class AutoTopUpAdmin(FactAdmin):
    """The customer's own wish, so nobody else turns it on."""

    list_display = ["account", "is_enabled", "threshold", "pack", "agreed_price", "most_per_day"]
    search_fields = ["account__user__email"]
    list_select_related = ["account__user", "pack"]
