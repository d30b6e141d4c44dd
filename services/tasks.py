"""Dramatiq actors: they take an id and call services.jobs. `send` chooses the queue."""

from uuid import UUID

import dramatiq
import structlog

from services import jobs
from services.models import Job


@dramatiq.actor(queue_name="interactive", priority=0)
def perform(job_id: str, request_id: str = "") -> None:
    _perform(job_id, request_id)


@dramatiq.actor(queue_name="batch", priority=10)
def perform_in_batch(job_id: str, request_id: str = "") -> None:
    _perform(job_id, request_id)


def send(job: Job) -> None:
    """Only the id travels; a lost message is sent again by the reaper. Call after the commit."""
    actor = perform_in_batch if job.batch_id else perform
    actor.send(str(job.pk), job.request_id)


def _perform(job_id: str, request_id: str) -> None:
    with structlog.contextvars.bound_contextvars(request_id=request_id, job_id=job_id):
        jobs.perform(UUID(job_id))
