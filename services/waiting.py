"""Waiting for jobs to end. The row is the truth; a nudge only says that it is worth a look."""

import time

from services import notifications, performing
from services.models import Batch, Job

State = Job.State


def wait(job: Job, timeout_s: float) -> Job:
    """The row as it stands when the job has ended, or after the time. Holds no connection meanwhile.

    `job` may be as it was placed: the row is read after the first nudge, not before it.
    """
    deadline = time.monotonic() + timeout_s
    with notifications.subscription(job.pk) as subscription:
        while not job.has_ended and (left := deadline - time.monotonic()) > 0:
            performing.free_connection()
            # A lost nudge costs at most two seconds.
            subscription.wait(min(left, 2.0))
            job = Job.objects.get(pk=job.pk)
    return job


def wait_for_batch(batch: Batch, timeout_s: float) -> None:
    """Returns when every job of the batch has ended, or after the time."""
    deadline = time.monotonic() + timeout_s
    unfinished = batch.jobs.exclude(state__in=[State.COMPLETED, State.FAILED])
    for job in unfinished.order_by("batch_index"):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        job.refresh_from_db(fields=["state"])
        wait(job, left)
