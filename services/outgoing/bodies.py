"""What is posted: the event, and its subject as the API would answer at this moment."""

import json
from typing import Any

from django.conf import settings

from services.dialects import envelope
from services.models import Batch, Job
from services.outgoing.models import WebhookEndpoint, WebhookEvent
from services.outgoing.names import EventType


class SubjectGone(Exception):
    """The job or batch is not there any more."""


def body_of(event: WebhookEvent, endpoint: WebhookEndpoint) -> bytes:
    """The exact bytes that are signed and sent. Raises SubjectGone."""
    told = {
        "id": event.public_id,
        "type": event.type,
        "created": int(event.created_at.timestamp()),
        "data": _data(event, settings.PUBLIC_URL or endpoint.site_url),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _data(event: WebhookEvent, site: str) -> dict[str, Any]:
    if event.subject is None:
        return dict(event.payload)
    try:
        match event.type:
            case EventType.JOB_COMPLETED | EventType.JOB_FAILED:
                return envelope.of_job(Job.objects.get(pk=event.subject), site)
            case EventType.BATCH_COMPLETED:
                return envelope.of_batch(Batch.objects.get(pk=event.subject), site)
    except (Job.DoesNotExist, Batch.DoesNotExist) as error:
        raise SubjectGone from error
    return dict(event.payload)
