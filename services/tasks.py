"""Dramatiq actors: each message is a permission to do one job of its queue. `send` gives it."""

from uuid import UUID

import dramatiq
import structlog

from services import fairness, jobs
from services.models import Job


@dramatiq.actor(queue_name="interactive", priority=0)
def perform(job_id: str, request_id: str = "") -> None:
    _perform(job_id, request_id, in_batches=False)


@dramatiq.actor(queue_name="batch", priority=10)
def perform_in_batch(job_id: str, request_id: str = "") -> None:
    _perform(job_id, request_id, in_batches=True)


def send(job: Job) -> None:
    """Only the id travels; a lost message is sent again by the reaper. Call after the commit."""
    actor = perform_in_batch if job.batch_id else perform
    actor.send(str(job.pk), job.request_id)


def _perform(job_id: str, request_id: str, *, in_batches: bool) -> None:
    """Does the job whose turn it is; the one named is left to another message where it is not."""
    own = fairness.Turn(UUID(job_id), request_id)
    while True:
        waiting = fairness.next_turn(in_batches=in_batches)
        # With nothing waiting, the one named may still be a dead worker's, to be taken over.
        turn = waiting or own
        with structlog.contextvars.bound_contextvars(
            request_id=turn.request_id, job_id=str(turn.job_id), account_id=None
        ):
            # Another worker may have been quicker, with the job named too: then its message finds
            # this one's job gone, and whatever still waits is this one's to do.
            if jobs.perform(turn.job_id) or not waiting:
                return
