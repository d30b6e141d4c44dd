"""Jobs and batches: read-only, quick on long tables."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.amounts import to_text
from services.models import Batch, Job


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "created_at",
        "owner",
        "service",
        "state",
        "engine",
        "processing_time_ms",
        "credits",
        "error",
    ]
    list_filter = ["state", "service", "engine"]
    list_select_related = ["owner"]
    search_fields = ["=id", "=batch__id", "=request_id", "owner__email"]
    date_hierarchy = "created_at"

    @admin.display(description="credits", ordering="charged")
    def credits(self, job: Job) -> str:
        return to_text(job.charged)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ["id", "created_at", "owner", "service", "total_files"]
    list_select_related = ["owner"]
    search_fields = ["=id", "owner__email"]
