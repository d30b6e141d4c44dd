"""The test event that an owner asks for, and the wait for what comes of it."""

from django.db import transaction
from django.db.models.functions import Now

from accounts import rates
from services.outgoing import deliveries
from services.outgoing.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from services.outgoing.names import EventType

_A_MINUTE = 20
_TEXT = "This is a test. If you can read it and the signature is right, webhooks work."


class TooOften(Exception):
    """The owner has sent as many by hand as a minute allows."""


class SentMeanwhile(Exception):
    """It was sent since its owner looked at it: by a second press of the button, or by a courier."""


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """The delivery after its first attempt, which is made at once. Raises TooOften."""
    _count(endpoint)
    with transaction.atomic():
        event = WebhookEvent(owner_id=endpoint.owner_id, type=EventType.TEST)
        event.key, event.payload = f"test:{event.pk}", {"message": _TEXT}
        event.save()
        delivery = WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_at=Now())
    return _attempted(delivery)


def send_again(delivery: WebhookDelivery, seen: str = "") -> WebhookDelivery:
    """Anew, with all attempts before it; the first is made at once. Raises TooOften or SentMeanwhile.

    `seen` is the version on the page that it is sent from.
    """
    _count(delivery.endpoint)
    if not deliveries.renew(delivery, seen):
        raise SentMeanwhile
    return _attempted(delivery)


def _attempted(delivery: WebhookDelivery) -> WebhookDelivery:
    """A courier may have been quicker; then it is under way, and the page says so."""
    if deliveries.take(delivery):
        deliveries.attempt(delivery.pk)
    delivery.refresh_from_db()
    return delivery


def _count(endpoint: WebhookEndpoint) -> None:
    """Posting by hand must not become a way of flooding somebody."""
    state = rates.hit(_A_MINUTE, "webhook-tests", str(endpoint.owner_id))
    if state is not None and not state.is_allowed:
        raise TooOften
