"""Uploads on their way to a job: in storage before the job exists, or away again."""

from dataclasses import dataclass
from uuid import UUID, uuid4

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
        storing.discard(name)
        raise
    return Placement(job_id, order, name, companion_name)


def discard(placement: Placement) -> None:
    """As good as it goes: why the job came to nothing is what the customer is to be told."""
    storing.discard(*filter(None, (placement.input_name, placement.companion_name)))


def _save(path: str, upload: Upload) -> str:
    upload.file.seek(0)
    return storing.save(path, upload.file)
