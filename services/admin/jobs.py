"""Jobs in the admin: found among millions, looked at with their pictures, mended one by one."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts.backoffice.actions import ActionsOnPage, Refused, Request, reasoned
from accounts.backoffice.links import link
from accounts.backoffice.long_tables import LatelyFilter, LongTableAdmin, ShortListFilter
from accounts.backoffice.tables import facts
from billing import goodwill
from billing.amounts import to_text
from billing.models import LedgerEntry
from services import jobs, repeating
from services.admin import panels, pictures, searches
from services.errors import ApiError
from services.models import Job

State = Job.State


class ServiceFilter(ShortListFilter):
    title = "service"
    parameter_name = "service"

    def values(self) -> Iterable[tuple[str, str]]:
        names = ("background-removal", "image-segmentation", "object-extraction", "object-removal")
        return [(name, name) for name in names]


class EngineFilter(LatelyFilter):
    title = "engine"
    parameter_name = "engine"


@admin.register(Job)
class JobAdmin(ActionsOnPage, LongTableAdmin):
    list_display = [
        "thumbnail", "created_at", "state", "service", "owner", "key", "engine", "took",
        "credits", "problem",
    ]  # fmt: skip
    list_display_links = ["thumbnail", "created_at"]
    list_filter = ["state", ServiceFilter, EngineFilter]
    list_select_related = ["owner", "api_key"]
    searches = (searches.by_id, searches.by_request, searches.by_owner)
    search_help_text = "Id of a job, a batch or a request, or an email address"
    date_hierarchy = "created_at"
    actions = ["refund", "retry", "cancel"]
    fieldsets = [
        (None, {"fields": ["state", "problem", "pictures", "owner_link", "key", "batch_link"]}),
        ("Credits", {"fields": ["price_credits", "credits", "entries"]}),
        ("Time", {"fields": ["created_at", "started_at", "ended_at", "took", "stages", "attempts"]}),
        ("Work", {"fields": ["service", "engine", "options", "details_text", "sizes"]}),
        ("Traces", {"fields": ["id", "request_id", "input_filename", "purge_at", "purged_at"]}),
    ]  # fmt: skip

    @admin.display(description="picture")
    def thumbnail(self, job: Job) -> SafeString | str:
        return panels.thumbnail(job)

    @admin.display(description="key")
    def key(self, job: Job) -> str:
        return job.api_key.masked if job.api_key else ""

    @admin.display(description="seconds")
    def took(self, job: Job) -> str:
        return "" if job.processing_time_ms is None else f"{job.processing_time_ms / 1000:.2f}"

    @admin.display(description="credits")
    def credits(self, job: Job) -> str:
        return to_text(job.charged)

    @admin.display(description="price in credits")
    def price_credits(self, job: Job) -> str:
        return to_text(job.price)

    @admin.display(description="error")
    def problem(self, job: Job) -> str:
        return f"{job.error} ({job.error_code})" if job.error else ""

    @admin.display(description="pictures")
    def pictures(self, job: Job) -> SafeString:
        return panels.pictures(job)

    @admin.display(description="account")
    def owner_link(self, job: Job) -> SafeString:
        return link("accounts_user", job.owner_id, str(job.owner))

    @admin.display(description="batch")
    def batch_link(self, job: Job) -> SafeString | str:
        if not job.batch_id:
            return ""
        place = f"{job.batch_id}, picture {job.batch_index + 1}"
        return link("services_batch", job.batch_id, place)

    @admin.display(description="ledger")
    def entries(self, job: Job) -> SafeString:
        return panels.entries(LedgerEntry.objects.filter(job=job.pk).order_by("pk"))

    @admin.display(description="stages")
    def stages(self, job: Job) -> SafeString:
        return panels.stages(job.timings)

    @admin.display(description="operation")
    def options(self, job: Job) -> SafeString | str:
        return facts(job.operation)

    @admin.display(description="details")
    def details_text(self, job: Job) -> SafeString | str:
        return facts(job.details)

    @admin.display(description="sizes")
    def sizes(self, job: Job) -> str:
        before = f"{job.original_width or '?'} x {job.original_height or '?'}"
        return f"{before} → {job.output_width or '?'} x {job.output_height or '?'}"

    @reasoned(
        "Return the credits",
        permission="refund",
        note="The credits go back to the account at once. The customer reads the reason.",
    )
    def refund(self, request: Request, job: Job) -> str:
        if job.state != State.COMPLETED:
            raise Refused(f"Job {job.pk} is {job.state}: only delivered pictures are refunded.")
        may_do_any = request.actor.has_perm("services.refund_job_without_limit")
        most = None if may_do_any else settings.SUPPORT_REFUND_CREDITS * 100
        try:
            amount = goodwill.return_credits(
                job.pk, actor=request.actor, reason=request.reason, most_per_day=most
            )
        except goodwill.CannotReturn as error:
            raise Refused(f"Job {job.pk}: {error}") from error
        return f"{to_text(amount)} credits of job {job.pk} returned to {job.owner}."

    @reasoned(
        "Place again",
        permission="retry",
        note="A new job on the same upload. Its owner pays for it when it completes.",
    )
    def retry(self, request: Request, job: Job) -> str:
        if job.state != State.FAILED:
            raise Refused(f"Job {job.pk} is {job.state}: only what failed is placed again.")
        if first := _placed_again(job):
            raise Refused(f"Job {job.pk} was placed again already, as {first.pk}.")
        request_id = getattr(request.http, "request_id", "")
        try:
            price = repeating.price(job)
            again = repeating.repeat(job, agreed=price, nonce=_nonce(job), request_id=request_id)
        except ApiError as error:
            raise Refused(f"Job {job.pk}: {error}") from error
        return f"Job {job.pk} placed again as {again.pk}."

    @reasoned(
        "Cancel",
        permission="cancel",
        note="Only what no worker has begun can be cancelled. Nothing is charged.",
    )
    def cancel(self, request: Request, job: Job) -> str:
        if not jobs.cancel(job, error="Cancelled by the operator. You were not charged."):
            raise Refused(f"Job {job.pk} does not wait any more.")
        return f"Job {job.pk} cancelled."

    def offers(self, action: str, subject: Any) -> bool:
        if not isinstance(subject, Job) or subject.state != _STATE_FOR.get(action):
            return False
        if action == "retry":
            return _placed_again(subject) is None
        return action != "refund" or goodwill.returned(subject.pk) is None

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("services.refund_job") or request.user.has_perm(
            "services.refund_job_without_limit"
        )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("services.retry_job")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("services.cancel_job")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(pictures.show)
        own = path("<id:job_id>/<str:which>.picture", view, name="services_job_picture")
        return [own, *super().get_urls()]


def _nonce(job: Job) -> UUID:
    """One for each job, since its owner pays: two of the staff who see the same complaint place it once.

    If that fails as well, the new job is what can be placed again.
    """
    return uuid5(job.pk, "placed again by the staff")


def _placed_again(job: Job) -> Job | None:
    return repeating.placed(job.owner, _nonce(job))


_STATE_FOR = {"refund": State.COMPLETED, "retry": State.FAILED, "cancel": State.PENDING}
