"""Waiting for jobs to end. The row is the truth; a nudge only says that it is worth a look."""

import time
from uuid import UUID

from services import notifications, performing
from services.models import Batch, Job

State = Job.State


def wait(job_id: UUID, timeout_s: float) -> Job:
    """The row as it stands when the job has ended, or after the time. Holds no connection meanwhile."""
    deadline = time.monotonic() + timeout_s
    with notifications.subscription(job_id) as subscription:
        while True:
            job = Job.objects.get(pk=job_id)
            left = deadline - time.monotonic()
            if job.has_ended or left <= 0:
                return job
            performing.free_connection()
            # A lost nudge costs at most two seconds.
            subscription.wait(min(left, 2.0))


def wait_for_batch(batch: Batch, timeout_s: float) -> None:
    """Returns when every job of the batch has ended, or after the time."""
    deadline = time.monotonic() + timeout_s
    unfinished = batch.jobs.exclude(state__in=[State.COMPLETED, State.FAILED])
    for job_id in unfinished.order_by("batch_index").values_list("pk", flat=True):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        wait(job_id, left)
