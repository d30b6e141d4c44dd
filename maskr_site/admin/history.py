"""What the staff did, over all objects: read by who may, changed by nobody."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.backoffice.facts import FactAdmin


@admin.register(LogEntry)
class HistoryAdmin(FactAdmin):
    list_display = ["action_time", "user", "subject", "content_type", "what"]
    list_display_links = ["action_time"]
    list_select_related = ["user", "content_type"]
    list_filter = ["content_type"]
    search_fields = ["object_repr", "change_message", "user__email"]
    fields = ["action_time", "user", "content_type", "subject", "what"]

    @admin.display(description="on")
    def subject(self, entry: LogEntry) -> SafeString | str:
        url = entry.get_admin_url()
        return (
            format_html('<a href="{}">{}</a>', url, entry.object_repr) if url else entry.object_repr
        )

    @admin.display(description="what and why")
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message()
