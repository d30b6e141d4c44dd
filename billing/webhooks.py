"""The endpoint that Stripe calls: signature over the raw body, store, process.

200: done, or nothing to do. 400: not from Stripe, and nothing is stored. 500: stored but not
processed; Stripe delivers again, and so does the sweep.
"""

import json
import logging
import time
from typing import Any

import stripe
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import events

logger = logging.getLogger(__name__)
#: Stripe's events are a few kilobytes; the largest invoices some hundreds.
MAX_BYTES = 1024 * 1024
TOLERANCE_S = 300


class BadDelivery(Exception):
    """Not a genuine, recent event of Stripe's."""


@csrf_exempt  # the signature says who calls
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    try:
        payload = verified(_body(request), request.headers.get("Stripe-Signature", ""))
    except BadDelivery as error:
        logger.warning("refused a delivery: %s", error)
        return _text("Bad signature or body.", 400)
    event = events.store(payload)
    try:
        events.process(event.pk)
    except Exception:
        # The boundary towards Stripe: whatever went wrong is on the row, and it asks again.
        logger.exception("event %s could not be processed", event.pk)
        return _text("Stored, but not processed. Please deliver it again.", 500)
    return _text("OK", 200)


def verified(body: bytes, header: str) -> dict[str, Any]:
    """The event, if one of our secrets signed exactly this body within five minutes of now."""
    if not any(_is_signed(body, header, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        raise BadDelivery("no secret of ours made this signature, or it is too old")
    if _signed_at(header) > time.time() + TOLERANCE_S:
        raise BadDelivery("the signature is from the future")
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise BadDelivery("the body is not JSON") from error
    if not isinstance(payload, dict) or not _is_event(payload):
        raise BadDelivery("the body is not an event")
    return payload


def _body(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        raise BadDelivery("the body is too large")
    return request.body


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_S)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def _signed_at(header: str) -> int:
    """Verified before, so it is there and a number; the library refuses only what is too old."""
    times = [item.split("=", 2)[1] for item in header.split(",") if item.startswith("t=")]
    return int(times[0])


def _is_event(payload: dict[str, Any]) -> bool:
    is_named = isinstance(payload.get("id"), str) and isinstance(payload.get("type"), str)
    data = payload.get("data")
    return (
        is_named
        and 0 < len(payload["id"]) <= 255
        and isinstance(payload.get("created"), int)
        and isinstance(data, dict)
        and isinstance(data.get("object"), dict)
    )


def _text(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
