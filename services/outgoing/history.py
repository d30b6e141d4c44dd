"""The delivery log of an account, filtered as asked."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from services.outgoing.models import WebhookDelivery, WebhookEvent
from services.outgoing.names import EventType


def deliveries_of(owner: User, wishes: QueryDict | dict[str, str]) -> QuerySet[WebhookDelivery]:
    """Newest first. `endpoint`, `state` and `type` narrow it; what makes no sense finds nothing."""
    rows = WebhookDelivery.objects.filter(endpoint__owner=owner)
    rows = rows.select_related("event", "endpoint").order_by("-created_at")
    if endpoint := wishes.get("endpoint"):
        rows = rows.filter(endpoint=_id(endpoint)) if _id(endpoint) else rows.none()
    if state := wishes.get("state"):
        rows = rows.filter(state=state) if state in WebhookDelivery.State else rows.none()
    if event_type := wishes.get("type"):
        rows = rows.filter(event__type=event_type) if event_type in EventType else rows.none()
    return rows


def forget_old() -> int:
    """Deletes events past their time, with their deliveries; what is still to be sent stays."""
    limit = timezone.now() - timedelta(days=settings.WEBHOOK_DAYS)
    pending = WebhookDelivery.objects.filter(
        event=OuterRef("pk"), state=WebhookDelivery.State.PENDING
    )
    old = WebhookEvent.objects.filter(~Exists(pending), created_at__lt=limit)
    return old.delete()[0]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
