"""Rows for lists and numbers, made without doing the work."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from services.models import Job


def a_job(owner: User, **fields: Any) -> Job:
    """A completed, free one without files."""
    now = timezone.now()
    return Job(
        **{
            "id": uuid4(),
            "owner": owner,
            "service": "background-removal",
            "operation": {"service": "background-removal"},
            "state": "completed",
            "price": 0,
            "engine": "u2netp",
            "timings": {"queue": 900.0, "network": 80.0, "encode": 20.0},
            "processing_time_ms": 123.4,
            "purged_at": now,
            "created_at": now - timedelta(seconds=5),
        }
        | fields
    )


def make_jobs(owner: User, count: int, **fields: Any) -> list[Job]:
    return Job.objects.bulk_create(a_job(owner, **fields) for _ in range(count))
