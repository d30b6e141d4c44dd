"""The JSON answers of the v1 services: founding documents 000 to 002, keys in their order."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.addresses import site_of
from billing.amounts import to_number
from services import files
from services.models import Batch, Job
from services.stages import in_order

#: Who is answered: a request, or where there is none the address by which they call this server.
Caller = HttpRequest | str


def of_job(job: Job, request: Caller) -> dict[str, Any]:
    return {
        "job_id": str(job.pk),
        "status": job.state,
        "result": result_of(job, request),
        "error": job.error or None,
    }


def result_of(job: Job, request: Caller) -> dict[str, Any]:
    has_result = job.state == Job.State.COMPLETED and not job.purged_at
    return {
        "job_id": str(job.pk),
        "status": job.state,
        "input_filename": job.input_filename,
        "output_url": absolute(files.signed_path(job), request) if has_result else None,
        "processing_time_ms": job.processing_time_ms,
        "error": job.error or None,
        "original_width": job.original_width,
        "original_height": job.original_height,
        "output_width": job.output_width,
        "output_height": job.output_height,
        "credits_used": to_number(job.charged) if job.has_ended else None,
    }


def of_batch(batch: Batch, request: Caller) -> dict[str, Any]:
    """`completed` once every item has ended, however each of them did."""
    jobs = list(batch.jobs.order_by("batch_index"))
    by_index = {job.batch_index: result_of(job, request) for job in jobs}
    by_index |= {row["index"]: _refused(batch, row) for row in batch.refused}
    results = [by_index[index] for index in sorted(by_index)]
    has_ended = all(job.has_ended for job in jobs)
    return {
        "batch_id": str(batch.pk),
        "status": "completed" if has_ended else "processing",
        "total_files": batch.total_files,
        "completed": sum(result["status"] == "completed" for result in results),
        "failed": sum(result["status"] == "failed" for result in results),
        "results": results,
        "total_processing_time_ms": round(
            sum((job.processing_time_ms or 0 for job in jobs), 0.0), 1
        ),
        "total_credits_used": to_number(sum(job.charged for job in jobs)),
        "error": None,
    }


def _refused(batch: Batch, row: dict[str, Any]) -> dict[str, Any]:
    """An item without a job: it was never charged, so there is nothing to look up."""
    return {
        "job_id": f"{batch.pk}_{row['index']}",
        "status": "failed",
        "input_filename": row["filename"],
        "output_url": None,
        "processing_time_ms": None,
        "error": row["error"],
        "original_width": None,
        "original_height": None,
        "output_width": None,
        "output_height": None,
        "credits_used": 0,
    }


def headers_of(job: Job) -> dict[str, str]:
    """What served the job, and where its time went (W3C Server-Timing, milliseconds)."""
    headers = {}
    if job.engine:
        headers["X-Maskr-Engine"] = job.engine
    if job.timings:
        headers["Server-Timing"] = ", ".join(
            f"{stage};dur={ms}" for stage, ms in in_order(job.timings).items()
        )
    return headers


def absolute(path: str, request: Caller) -> str:
    """PUBLIC_URL where it is set, else the address the request came to."""
    if isinstance(request, str):
        return f"{settings.PUBLIC_URL or request}{path}"
    return site_of(request) + path
