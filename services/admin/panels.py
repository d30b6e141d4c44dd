"""What the admin's pages show of a job beside plain fields: pictures, stages, ledger, links."""

from collections.abc import Iterable, Mapping

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.models import LedgerEntry
from services import files
from services.failures import UNREADABLE
from services.models import Job
from services.stages import in_order


def thumbnail(job: Job) -> SafeString | str:
    if reason := _why_no_thumbnail(job):
        return format_html('<span class="no-picture">{}</span>', reason)
    which = "result" if job.result_name else "input"
    address = reverse("admin:services_job_picture", args=[job.pk, f"{which}-small"])
    return format_html(
        '<img class="thumbnail" src="{}" width="48" height="48" loading="lazy" alt="{}">',
        address,
        f"{which} of {job.input_filename or job.pk}",
    )


def _why_no_thumbnail(job: Job) -> str:
    if job.purged_at:
        return "gone"
    if not job.result_name and job.error_code == UNREADABLE:
        return "damaged"
    return "" if job.result_name or job.input_name else "none"


def pictures(job: Job) -> SafeString:
    uploads = [(word, name) for word, name in _uploads(job) if name and _has_files(job)]
    shown = [
        {"title": word, "src": reverse("admin:services_job_picture", args=[job.pk, word])}
        for word, _ in uploads
    ]
    if job.result_name and not job.purged_at:
        shown.append({"title": "result", "src": files.signed_path(job)})
    return render_to_string("admin/job_pictures.html", {"job": job, "pictures": shown})


def stages(timings: Mapping[str, float]) -> SafeString:
    """Milliseconds by stage with a bar each; queueing is no part of the work, so has none."""
    longest = max([ms for stage, ms in timings.items() if stage != "queue"] or [1]) or 1
    rows = [
        {"stage": stage, "ms": ms, "width": 0 if stage == "queue" else round(100 * ms / longest)}
        for stage, ms in in_order(timings).items()
    ]
    return render_to_string("admin/job_stages.html", {"rows": rows})


def entries(rows: Iterable[LedgerEntry]) -> SafeString:
    return render_to_string("admin/job_entries.html", {"entries": list(rows)})


def _uploads(job: Job) -> list[tuple[str, str]]:
    return [("input", job.input_name), ("companion", job.companion_name)]


def _has_files(job: Job) -> bool:
    return job.purged_at is None
