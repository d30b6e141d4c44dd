"""What the API holds about a person: jobs, their files, answers kept for repeated requests."""

from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from accounts.erasure import Section
from accounts.models import User
from billing.amounts import to_text
from services import files, jobs
from services.models import Batch, IdempotentRequest, Job, WebhookDelivery, WebhookEvent
from services.retention import training

_ENDPOINT_COLUMNS = ("id", "url", "description", "events", "is_enabled", "created_at")
_UNFINISHED = (Job.State.PENDING, Job.State.PROCESSING)


class Services:
    def export(self, user: User) -> Iterator[Section]:
        mine = Job.objects.filter(owner=user).order_by("created_at")
        yield "jobs", map(_job, mine.iterator())
        batches = Batch.objects.filter(owner=user).order_by("created_at")
        yield "batches", map(_batch, batches.iterator())
        kept = mine.filter(purged_at=None)
        yield "files", (row for job in kept.iterator() for row in _files(job))
        consents = user.training_consents.order_by("given_at")
        yield "training_consents", map(dict, consents.values("given_at", "withdrawn_at"))
        samples = user.training_samples.order_by("archived_at")
        yield (
            "training_samples",
            map(dict, samples.values("id", "source", "service", "archived_at")),
        )
        endpoints = user.webhook_endpoints.order_by("created_at")
        yield "webhook_endpoints", endpoints.values(*_ENDPOINT_COLUMNS)
        told = user.webhook_events.order_by("created_at")
        yield "webhook_events", map(_event, told.iterator())
        sent = WebhookDelivery.objects.filter(event__owner=user).order_by("created_at")
        yield "webhook_deliveries", map(_delivery, sent.select_related("event").iterator())

    def prepare(self, user: User) -> None:
        pass  # nobody else has to agree

    def forget(self, user: User) -> None:
        """Files first: a row that is anonymous no longer tells where they lie."""
        mine = Job.objects.filter(owner=user)
        for job in mine.filter(state__in=_UNFINISHED):
            jobs.abandon(job, error="The account was deleted. You were not charged.")
        for job in mine.filter(purged_at=None).iterator():
            files.purge(job)
        for sample in user.training_samples.all():
            training.delete(sample)
        with transaction.atomic():
            mine.update(
                operation={},
                input_filename="",
                input_name="",
                companion_name="",
                result_name="",
                details={},
                error="",
            )
            Batch.objects.filter(owner=user).update(refused=[])
            IdempotentRequest.objects.filter(owner=user).delete()
            # With what was sent to them and what was not yet.
            user.webhook_endpoints.all().delete()
            user.webhook_events.all().delete()
            user.training_consents.all().delete()


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "batch": job.batch_id,
        "service": job.service,
        "operation": job.operation,
        "state": job.state,
        "input_filename": job.input_filename,
        "created_at": job.created_at,
        "ended_at": job.ended_at,
        "credits": to_text(job.charged),
        "error": job.error,
        "original": [job.original_width, job.original_height],
        "output": [job.output_width, job.output_height],
    }


def _batch(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.pk,
        "service": batch.service,
        "created_at": batch.created_at,
        "total_files": batch.total_files,
        "refused": batch.refused,
    }


def _event(event: WebhookEvent) -> dict[str, Any]:
    return {
        "id": event.public_id,
        "type": event.type,
        "subject": event.subject,
        "payload": event.payload,
        "created_at": event.created_at,
    }


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "event": delivery.event.public_id,
        "endpoint": delivery.endpoint_id,
        "state": delivery.get_state_display(),
        "attempts": delivery.log,
        "created_at": delivery.created_at,
        "ended_at": delivery.ended_at,
    }


def _files(job: Job) -> Iterator[dict[str, Any]]:
    """What lies in storage until its time; a result with the link to fetch it by."""
    for kind, name in (
        ("upload", job.input_name),
        ("second upload", job.companion_name),
        ("result", job.result_name),
    ):
        if name and default_storage.exists(name):
            link = files.signed_path(job) if kind == "result" else None
            yield {
                "job": job.pk,
                "kind": kind,
                "bytes": default_storage.size(name),
                "deleted_after": job.purge_at,
                "link": link,
            }
