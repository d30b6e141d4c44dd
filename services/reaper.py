"""Repairs what a crash left behind. Every step is conditional, so any number may sweep at once.

What is late is told by the database's clock, since every process sweeps and their clocks differ.
"""

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db.models.functions import Now
from dramatiq.errors import BrokerError

from services import failures, jobs, metrics, tasks
from services.models import IdempotentRequest, Job, LiveWorker

logger = logging.getLogger(__name__)
#: A pending job whose message is older than this gets another one: the first may be lost.
RESEND_AFTER_S = 30
_AT_ONCE = 200


def sweep(*, without_workers_s: float = 0) -> dict[str, int]:
    """One pass; returns what was done by kind, for the log and the command.

    Who has looked for workers long enough, and found none, has waiting jobs given up.
    """
    done = {
        "retried": _take_back_expired(),
        "resent": _resend_lost(),
        "rested": _take_up_rested(),
        "given_up": _give_up(without_workers_s),
        "forgotten": _forget(),
    }
    metrics.swept(done)
    if any(done.values()):
        logger.info("sweep: %s", done)
    return done


def recover_embedded() -> int:
    """At the start of the one process of embedded mode: whatever is unfinished is nobody's.

    The queue was in memory, so every pending job needs its message again. Returns how many.
    """
    for job in Job.objects.filter(state=Job.State.PROCESSING):
        if not _given_up(job):
            jobs.give_back(job)
    pending = Job.objects.filter(state=Job.State.PENDING).order_by("created_at")
    for job in pending:
        tasks.send(job)
    return len(pending)


def _take_back_expired() -> int:
    expired = Job.objects.filter(state=Job.State.PROCESSING, lease_until__lt=Now())
    count = 0
    for job in expired[:_AT_ONCE]:
        if _given_up(job):
            count += 1
        elif jobs.give_back(job):
            count += 1
            if not _send(job):
                break
    return count


def _given_up(job: Job) -> bool:
    """Whether a job has taken its worker down for the last time."""
    if job.attempts < settings.MAX_ATTEMPTS:
        return False
    error = "The picture could not be processed. You were not charged."
    return jobs.fail(job, error, code=failures.GAVE_UP)


def _resend_lost() -> int:
    limit = Now() - timedelta(seconds=RESEND_AFTER_S)
    lost = Job.objects.filter(state=Job.State.PENDING, lease_until=None, enqueued_at__lt=limit)
    count = 0
    for job in lost.order_by("created_at")[:_AT_ONCE]:
        if lost.filter(pk=job.pk).update(enqueued_at=Now()):
            count += 1
            if not _send(job):
                break
    return count


def _take_up_rested() -> int:
    """Those that were put aside, or met a storage in trouble: nobody has sent a message for them."""
    rested = Job.objects.filter(state=Job.State.PENDING, lease_until__lt=Now())
    count = 0
    for job in rested.order_by("created_at")[:_AT_ONCE]:
        if rested.filter(pk=job.pk).update(lease_until=None, enqueued_at=Now()):
            count += 1
            if not _send(job):
                break
    return count


def _give_up(without_workers_s: float) -> int:
    if without_workers_s < settings.NO_WORKER_LIMIT_S:
        return 0
    limit = Now() - timedelta(seconds=settings.NO_WORKER_LIMIT_S)
    waiting = Job.objects.filter(state=Job.State.PENDING, created_at__lt=limit)
    error = "No worker was available in time. You were not charged."
    return sum(jobs.fail(job, error, code=failures.GAVE_UP) for job in waiting[:_AT_ONCE])


def _forget() -> int:
    old_keys = IdempotentRequest.objects.filter(
        created_at__lt=Now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    )
    silent = LiveWorker.objects.filter(seen_at__lt=Now() - timedelta(days=1))
    return old_keys.delete()[0] + silent.delete()[0]


def _send(job: Job) -> bool:
    """False where the queue is away: one after the other would hold up the renewing of leases."""
    try:
        tasks.send(job)
    except (redis.RedisError, BrokerError, OSError):
        logger.warning("could not send job %s; a later sweep will", job.pk)
        return False
    return True
