"""What is told of a job as it lives: a line for people, figures for the counters."""

import structlog
from structlog.contextvars import bind_contextvars

from inference.pipelines import Result
from services import metrics
from services.models import Job

logger = structlog.get_logger(__name__)


def claimed(job: Job) -> None:
    """Called in a worker: every further line of the job names its account."""
    bind_contextvars(account_id=job.owner_id)
    metrics.job_claimed(job)


def completed(job: Job, result: Result) -> None:
    metrics.job_completed(job, result)
    stages = {stage: round(ms, 1) for stage, ms in result.timings.items()}
    _tell(job, "completed", engine=result.engine, bytes_out=len(result.data), stages_ms=stages)


def failed(job: Job, code: str) -> None:
    metrics.job_failed(job, code)
    _tell(job, code)


def _tell(job: Job, outcome: str, **more: object) -> None:
    """With the ids of the row: a sweep that ends a job is no part of its request."""
    logger.info(
        "job_ended",
        job_id=str(job.pk),
        request_id=job.request_id,
        account_id=job.owner_id,
        batch_id=str(job.batch_id) if job.batch_id else None,
        service=job.service,
        outcome=outcome,
        attempts=job.attempts,
        **more,
    )
