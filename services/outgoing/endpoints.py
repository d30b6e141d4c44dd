"""Endpoints: made, rolled, switched off after long failure with a mail, and on again."""

import logging
import smtplib
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, F, Q
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from services.outgoing.models import WebhookDelivery, WebhookEndpoint

logger = logging.getLogger(__name__)
MOST = 10
LONGEST_OVERLAP = timedelta(hours=72)
#: Nothing but failures for so long switches an endpoint off.
PATIENCE = timedelta(days=5)
_AT_ONCE = 20


class TooManyEndpoints(Exception):
    """An account has MOST of them already."""


class AlreadyMade(Exception):
    """The form came a second time; the secret is on the answer to the first."""


@transaction.atomic
def create(
    owner: User,
    url: str,
    events: list[str],
    *,
    made_as: UUID | None = None,
    description: str = "",
    site_url: str = "",
) -> WebhookEndpoint:
    """Raises TooManyEndpoints, and AlreadyMade for the id of one."""
    # The row of the account, so that two requests at once cannot both be the last one allowed.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if made_as and WebhookEndpoint.objects.filter(pk=made_as).exists():
        raise AlreadyMade
    if owner.webhook_endpoints.count() >= MOST:
        raise TooManyEndpoints
    return WebhookEndpoint.objects.create(
        id=made_as or uuid4(),
        owner=owner,
        url=url,
        events=events,
        description=description,
        site_url=site_url,
    )


def roll_secret(endpoint: WebhookEndpoint, overlap: timedelta) -> bool:
    """Another secret from now on; the old one signs beside it for `overlap`.

    False when somebody else rolled it meanwhile. Raises ValueError for another overlap than 0 to
    72 hours.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("the overlap must lie between 0 and 72 hours")
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk, secret_version=endpoint.secret_version)
    rolled = mine.update(
        secret_version=F("secret_version") + 1, previous_secret_until=timezone.now() + overlap
    )
    endpoint.refresh_from_db()
    return bool(rolled)


def change(endpoint: WebhookEndpoint, url: str, **others: Any) -> None:
    """What failed at another address says nothing of this one."""
    anew = {} if url == endpoint.url else {"failing_since": None}
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=url, **others, **anew)
    endpoint.refresh_from_db()


def switch_on(endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        is_enabled=True, failing_since=None, disabled_because="", is_mail_due=False
    )
    endpoint.refresh_from_db()


def switch_off(endpoint: WebhookEndpoint, because: str = "", *, tells: bool = False) -> bool:
    """What waits to be sent there is given up. `because` and a mail, when not the owner did it."""
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_enabled=True)
    with transaction.atomic():
        if not mine.update(is_enabled=False, disabled_because=because, is_mail_due=tells):
            return False
        waiting = WebhookDelivery.objects.filter(
            endpoint=endpoint, state=WebhookDelivery.State.PENDING
        )
        waiting.update(
            state=WebhookDelivery.State.GIVEN_UP,
            last_error="The endpoint was switched off.",
            ended_at=timezone.now(),
        )
    endpoint.refresh_from_db()
    return True


def note_success(endpoint: WebhookEndpoint) -> None:
    if endpoint.failing_since:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)


def note_failure(endpoint: WebhookEndpoint, *, is_gone: bool) -> None:
    now = timezone.now()
    if is_gone:
        switch_off(endpoint, "It answered 410 Gone.", tells=True)
    elif endpoint.failing_since is None:
        WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since=None).update(failing_since=now)
    elif endpoint.failing_since < now - PATIENCE:
        switch_off(endpoint, f"Nothing could be delivered for {PATIENCE.days} days.", tells=True)


def note_given_up(endpoint: WebhookEndpoint) -> None:
    """With nothing left to be tried the failing is over: what comes next has its own five days."""
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDelivery.State.PENDING)
    WebhookEndpoint.objects.filter(~Exists(waiting), pk=endpoint.pk).update(failing_since=None)


def tell_owners() -> int:
    """Mails about endpoints that were switched off; one that fails to go out is tried again."""
    off = WebhookEndpoint.objects.filter(Q(is_mail_due=True)).select_related("owner")
    return sum(_tell(endpoint) for endpoint in off[:_AT_ONCE])


def _tell(endpoint: WebhookEndpoint) -> bool:
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_mail_due=True)
    if not mine.update(is_mail_due=False):
        return False  # another process is sending it
    text = render_to_string("webhooks/disabled_mail.txt", {"endpoint": endpoint})
    try:
        send_mail("A webhook endpoint was switched off", text, None, [endpoint.owner.email])
    except (OSError, smtplib.SMTPException):
        logger.warning("mail about endpoint %s could not be sent", endpoint.pk, exc_info=True)
        WebhookEndpoint.objects.filter(pk=endpoint.pk, is_enabled=False).update(is_mail_due=True)
        return False
    return True
