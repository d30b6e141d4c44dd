"""Batches in the admin: how many of their pictures are done, and the way to each."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.backoffice.links import link
from accounts.backoffice.long_tables import LongTableAdmin
from accounts.backoffice.tables import table
from services.admin import searches
from services.admin.jobs import ServiceFilter
from services.models import Batch, Job

State = Job.State


@admin.register(Batch)
class BatchAdmin(LongTableAdmin):
    list_display = [
        "id",
        "created_at",
        "owner",
        "service",
        "total_files",
        "done",
        "failed",
        "all_jobs",
    ]
    list_filter = [ServiceFilter]
    list_select_related = ["owner"]
    searches = (searches.by_id, searches.by_owner)
    search_help_text = "Id of a batch, or an email address"
    date_hierarchy = "created_at"
    fields = ["id", "created_at", "owner_link", "service", "total_files", "done", "failed", "not_placed",
              "all_jobs"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        rows: QuerySet[Batch] = super().get_queryset(request)
        return rows.annotate(
            done_count=_count(Q(state=State.COMPLETED)), failed_count=_count(Q(state=State.FAILED))
        )

    @admin.display(description="done")
    def done(self, batch: Any) -> int:
        return int(batch.done_count)

    @admin.display(description="failed or refused")
    def failed(self, batch: Any) -> int:
        return int(batch.failed_count) + len(batch.refused)

    @admin.display(description="not placed")
    def not_placed(self, batch: Batch) -> SafeString | str:
        return table(("picture", "file", "why"), (
            (row["index"] + 1, row["filename"], row["error"]) for row in batch.refused
        ))  # fmt: skip

    @admin.display(description="account")
    def owner_link(self, batch: Batch) -> SafeString:
        return link("accounts_user", batch.owner_id, str(batch.owner))

    @admin.display(description="jobs")
    def all_jobs(self, batch: Batch) -> SafeString:
        address = f"{reverse('admin:services_job_changelist')}?batch__id__exact={batch.pk}"
        return format_html('<a href="{}">Jobs</a>', address)


def _count(which: Q) -> Coalesce:
    """Through the index of the batch's jobs, and only for the rows of the page."""
    mine = Job.objects.filter(which, batch=OuterRef("pk")).order_by().values("batch")
    return Coalesce(
        Subquery(mine.annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField()
    )
