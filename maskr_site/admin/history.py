"""What the staff did, over all objects: read by who may, changed by nobody."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.backoffice.facts import FactAdmin
from accounts.backoffice.long_tables import LatelyFilter


class KindFilter(LatelyFilter):
    title = "kind"
    parameter_name = "content_type"
    newest_by = "pk"  # indexed, unlike the time

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = [pk for pk, _ in super().lookups(request, model_admin)]
        return sorted(
            ((str(pk), ContentType.objects.get_for_id(int(pk)).name) for pk in kinds),
            key=lambda choice: choice[1],
        )


@admin.register(LogEntry)
class HistoryAdmin(FactAdmin):
    list_display = ["action_time", "user", "kind", "subject", "what"]
    list_display_links = ["action_time"]
    list_select_related = ["user", "content_type"]
    list_filter = [KindFilter]
    search_fields = ["object_repr", "change_message", "user__email"]
    fields = ["action_time", "user", "kind", "subject", "what"]

    @admin.display(description="kind")
    def kind(self, entry: LogEntry) -> str:
        return entry.content_type.name if entry.content_type else ""

    @admin.display(description="on")
    def subject(self, entry: LogEntry) -> SafeString | str:
        url = None if entry.is_deletion() else entry.get_admin_url()
        return (
            format_html('<a href="{}">{}</a>', url, entry.object_repr) if url else entry.object_repr
        )

    @admin.display(description="what and why")
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message()
