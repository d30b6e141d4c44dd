"""Results: signed links to them, reading them, and the deletion of files after their time."""

import hashlib
import hmac
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.utils import timezone

from services import copies, storing
from services.connections import free_connection
from services.errors import LinkExpired, LinkInvalid, Purged, ResultAway
from services.models import Job
from services.retention import training

logger = logging.getLogger(__name__)
_AT_ONCE = 200
_AGAIN_AFTER = timedelta(hours=1)


def signed_path(job: Job) -> str:
    """The path of the result, good for URL_TTL_S seconds for whoever holds it."""
    expires = str(int(time.time()) + settings.URL_TTL_S)
    signature = _sign(settings.SIGNING_KEYS[0], job, expires)
    return f"/v1/files/{job.pk}?expires={expires}&sig={signature}"


def open_link(job_id: UUID, expires: str, signature: str) -> Job:
    """The completed job behind a link. Raises LinkInvalid, LinkExpired or Purged."""
    job = Job.objects.filter(pk=job_id, state=Job.State.COMPLETED).first()
    if job is None or not _is_signed(job, expires, signature):
        raise LinkInvalid
    if int(expires) < time.time():
        raise LinkExpired
    if job.purged_at:
        raise Purged
    return job


def open_result(job: Job) -> "File[bytes]":
    """At its beginning. Raises Purged or ResultAway."""
    with _reading(job):
        file = default_storage.open(job.result_name)
        file.seek(0)  # a bucket is asked for the bytes only now, and may still refuse
        return file


def read_result(job: Job) -> bytes:
    """Raises Purged or ResultAway."""
    with _reading(job), default_storage.open(job.result_name) as file:
        return bytes(file.read())


@contextmanager
def _reading(job: Job) -> Iterator[None]:
    free_connection()
    try:
        yield
    except FileNotFoundError as error:
        raise Purged from error
    except Exception as error:
        if not storing.is_trouble(error):
            raise
        logger.exception("the result of job %s cannot be read", job.pk)
        raise ResultAway(job.pk) from error


def _is_signed(job: Job, expires: str, signature: str) -> bool:
    # Bytes, because compare_digest refuses text that is not ASCII. Every key is tried alike.
    given = signature.encode()
    matches = [
        hmac.compare_digest(_sign(key, job, expires).encode(), given)
        for key in settings.SIGNING_KEYS
    ]
    return any(matches)


def _sign(key: str, job: Job, expires: str) -> str:
    message = f"maskr.files.v1:{job.pk}:{expires}:{job.result_extension}"
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def purge_expired() -> int:
    """Deletes the files of jobs past their retention; storage first, so none is forgotten.

    What accounts allow for training is archived before. Any number may do this at once, by the
    database's clock. What cannot be deleted makes room for the others, and is tried again in an hour.
    """
    due = Job.objects.filter(purge_at__lt=Now(), purged_at__isnull=True)
    count = 0
    for job in due.select_related("owner")[:_AT_ONCE]:
        training.archive(job)
        free_connection()
        try:
            count += purge(job)
        except (OSError, ClientError):
            # The storage's word about these files; one that is away altogether ends the round.
            logger.exception("the files of job %s cannot be deleted yet", job.pk)
            unpurged = Job.objects.filter(pk=job.pk, purged_at=None)
            unpurged.update(purge_at=Now() + _AGAIN_AFTER)
    return count


def purge(job: Job) -> bool:
    """Deletes what it has in storage; True for the one caller who notes it."""
    for name in job.file_names:
        default_storage.delete(name)
    copies.forget(job)
    unnoted = Job.objects.filter(pk=job.pk, purged_at__isnull=True)
    return bool(unnoted.update(purged_at=timezone.now()))
