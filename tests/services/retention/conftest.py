"""A finished job of Alice's with its files, without a worker."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from services.models import Job


@pytest.fixture
def new_job(alice) -> Callable[..., Job]:
    """Completed and due to be purged, unless told otherwise."""

    def make(**fields) -> Job:
        job = Job(owner=alice.user, service="background-removal", operation={"a": 1}, price=0)
        names = f"inputs/2026/01/01/{job.pk}", f"results/2026/01/01/{job.pk}-1.png"
        job.input_name, job.result_name = (
            default_storage.save(name, ContentFile(name.encode())) for name in names
        )
        past = timezone.now() - timedelta(seconds=1)
        known = {"state": Job.State.COMPLETED, "result_extension": "png", "ended_at": past}
        for name, value in {**known, "purge_at": past, **fields}.items():
            setattr(job, name, value)
        job.save()
        return job

    return make
