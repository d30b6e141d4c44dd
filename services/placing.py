"""From an accepted upload to a queued job: one picture, or a batch that runs out of credits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import redis
from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from dramatiq.errors import BrokerError

from billing.errors import InsufficientCredits as NotEnough
from billing.errors import KeyCapReached
from inference import decoding
from inference.errors import InferenceError, UnreadableImage
from services import jobs, tasks
from services.engines import engines
from services.errors import InsufficientCredits, NoEngine, Unavailable
from services.jobs import Customer, Placement
from services.models import Batch, Job
from services.operations import Operation
from services.uploads import TooLargeFile

#: Called with the id of the job or batch in the transaction that creates it.
Recorder = Callable[[UUID], None]
_CAP_REACHED = "Insufficient credits: the monthly cap of this API key is reached"


@dataclass(frozen=True)
class Upload:
    """A picture as it came: its bytes (in memory or spooled) and the client's name for it."""

    file: "File[bytes]"
    filename: str

    def read(self) -> bytes:
        self.file.seek(0)
        return bytes(self.file.read())

    def probe(self) -> None:
        """Refuses from the header alone. Raises inference's UnreadableImage or TooManyPixels."""
        if isinstance(self.file, TooLargeFile):
            limit = settings.MAX_UPLOAD_BYTES / 2**20
            raise UnreadableImage(f"The file is larger than the limit of {limit:g} MB.")
        decoding.probe(self.read(), max_pixels=settings.MAX_PIXELS)

    def verify(self) -> None:
        """Decodes everything. Raises as `probe` does, and for what only decoding finds."""
        decoding.verify(self.read(), max_pixels=settings.MAX_PIXELS)


def place(upload: Upload, operation: Operation, customer: Customer, record: Recorder) -> Job:
    """Raises InsufficientCredits or Unavailable having charged nothing, and inference's errors."""
    check_engines()
    placement = jobs.store_input(operation, upload.file, upload.filename)
    try:
        with transaction.atomic():
            job = jobs.create(placement, customer)
            record(job.pk)
    except (NotEnough, KeyCapReached) as error:
        jobs.discard_input(placement)
        # A damaged picture is told before an empty balance; only now is finding out worth it.
        upload.verify()
        message = _CAP_REACHED if isinstance(error, KeyCapReached) else None
        raise InsufficientCredits(message) from error
    except BaseException:
        jobs.discard_input(placement)
        raise
    _send([job])
    return job


def place_batch(
    uploads: Sequence[Upload], operation: Operation, customer: Customer, record: Recorder
) -> Batch:
    """Reserves, in the order of upload, for as many pictures as the credits cover.

    Raises InsufficientCredits when they cover none at all.
    """
    check_engines()
    items = [_stored_or_refused(upload, operation) for upload in uploads]
    try:
        with transaction.atomic():
            batch, placed = _create_batch(uploads, items, operation, customer)
            if batch.refused and not placed:
                raise InsufficientCredits
            record(batch.pk)
    except BaseException:
        _discard(items)
        raise
    refused = {row["index"] for row in batch.refused}
    _discard([item for index, item in enumerate(items) if index in refused])
    _send(placed)
    return batch


def check_engines() -> None:
    """In embedded mode the engines are here: refuse before anything is stored or reserved."""
    if settings.EMBEDDED and not engines().has_matting():
        raise NoEngine


def _stored_or_refused(upload: Upload, operation: Operation) -> Placement | InferenceError:
    try:
        upload.probe()
    except InferenceError as error:
        return error
    return jobs.store_input(operation, upload.file, upload.filename)


def _create_batch(
    uploads: Sequence[Upload],
    items: Sequence[Placement | InferenceError],
    operation: Operation,
    customer: Customer,
) -> tuple[Batch, list[Job]]:
    batch = Batch.objects.create(
        owner=customer.user, service=operation.service, total_files=len(uploads)
    )
    placed: list[Job] = []
    for index, (upload, item) in enumerate(zip(uploads, items, strict=True)):
        if isinstance(item, InferenceError):
            jobs.record_unreadable(operation, customer, upload.filename, str(item), batch, index)
            continue
        try:
            with transaction.atomic():
                placed.append(jobs.create(item, customer, batch=batch, index=index))
        except (NotEnough, KeyCapReached) as error:
            reason = _CAP_REACHED if isinstance(error, KeyCapReached) else "Insufficient credits"
            batch.refused.append(
                {"index": index, "filename": upload.filename[:255], "error": reason}
            )
    batch.save(update_fields=["refused"])
    return batch, placed


def _discard(items: Sequence[Placement | InferenceError]) -> None:
    for item in items:
        if isinstance(item, Placement):
            jobs.discard_input(item)


def _send(placed: Sequence[Job]) -> None:
    """Raises Unavailable when the queue is away; what no worker took is cancelled, uncharged."""
    try:
        for job in placed:
            tasks.send(job)
    except (redis.RedisError, BrokerError, OSError) as error:
        for job in placed:
            jobs.cancel(job, error="The queue was not reachable.")
        raise Unavailable("The queue is not reachable. You were not charged.") from error
