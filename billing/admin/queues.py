"""Events, usage to report and top-ups: their state, their error, and another try."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from billing import events
from billing.admin.facts import FactAdmin
from billing.models import AutoTopUp, MeterEvent, StripeEvent, TopUpAttempt


@admin.register(StripeEvent)
class StripeEventAdmin(FactAdmin):
    list_display = ["received_at", "type", "id", "state", "attempts", "error"]
    list_filter = ["state", "type"]
    search_fields = ["id", "type", "error"]
    date_hierarchy = "received_at"
    actions = ["run_again"]

    @admin.action(description="Run again", permissions=["run"])
    def run_again(self, request: HttpRequest, chosen: QuerySet[StripeEvent]) -> None:
        """Harmless for what is done: an event has its effect once."""
        for event in chosen:
            try:
                done = events.process(event.pk, again=True)
            except Exception as error:
                # Whatever it is stands on the row and is shown; the others still get their turn.
                self._tell(request, event, f"failed: {error}", messages.ERROR)
            else:
                self._tell(request, event, done.state, messages.SUCCESS)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.change_stripeevent"))

    def _tell(self, request: HttpRequest, event: StripeEvent, text: str, level: int) -> None:
        self.log_change(request, event, f"Run again: {text}"[:500])
        messages.add_message(request, level, f"{event.type} {event.pk}: {text}")


@admin.register(MeterEvent)
class MeterEventAdmin(FactAdmin):
    list_display = ["happened_at", "job", "account", "event_name", "state", "attempts", "error"]
    list_filter = ["state", "event_name"]
    search_fields = ["job", "account__user__email"]
    list_select_related = ["account__user"]
    actions = ["send_again"]

    @admin.action(description="Send again", permissions=["run"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[MeterEvent]) -> None:
        refused = chosen.filter(state=MeterEvent.State.REFUSED)
        for event in refused:
            self.log_change(request, event, "Sent again")
        count = refused.update(state=MeterEvent.State.PENDING, retry_at=timezone.now())
        self.message_user(request, f"{count} wait to be sent again.")

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.change_meterevent"))


@admin.register(TopUpAttempt)
class TopUpAttemptAdmin(FactAdmin):
    list_display = ["created_at", "account", "purchase", "state", "error", "mailed_at"]
    list_filter = ["state"]
    search_fields = ["account__user__email"]
    list_select_related = ["account__user", "purchase"]


@admin.register(AutoTopUp)
class AutoTopUpAdmin(FactAdmin):
    """The customer's own wish, so nobody else turns it on."""

    list_display = ["account", "is_enabled", "threshold", "pack", "most_per_day"]
    list_select_related = ["account__user", "pack"]
