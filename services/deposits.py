"""Uploads on their way to a job: in storage before the job exists, or away again."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.utils import timezone

from services import storing
from services.orders import Order, Upload


@dataclass(frozen=True)
class Placement:
    """A job to be: its input lies in storage already, nothing else exists yet."""

    id: UUID
    order: Order
    input_name: str
    companion_name: str


def store(order: Order) -> Placement:
    """Writes the uploads to storage: slow, so before any transaction, and before a job exists."""
    job_id = uuid4()
    path = f"inputs/{timezone.now():%Y/%m/%d}/{job_id}"
    name = _save(path, order.image)
    try:
        second = order.companion
        companion_name = _save(f"{path}-companion", second) if second else ""
    except BaseException:
        default_storage.delete(name)
        raise
    return Placement(job_id, order, name, companion_name)


def discard(placement: Placement) -> None:
    for name in filter(None, (placement.input_name, placement.companion_name)):
        default_storage.delete(name)


def _save(path: str, upload: Upload) -> str:
    upload.file.seek(0)
    return storing.save(path, upload.file)
