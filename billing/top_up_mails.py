"""A mail for each automatic top-up that ended, whether well or not, or whose pack became dearer."""

import logging
import smtplib

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone

from billing.amounts import to_text
from billing.models import AutoTopUp, TopUpAttempt
from billing.top_up_terms import DEARER

logger = logging.getLogger(__name__)
State = TopUpAttempt.State
_AT_ONCE = 20


def send_due() -> int:
    """How many were sent. One that fails to go out is tried again by the next sweep."""
    ended = TopUpAttempt.objects.filter(
        state__in=[State.SUCCEEDED, State.FAILED],
        mailed_at=None,
        account__user__erasure_asked_at=None,  # nobody is left to be told
    ).select_related("account__user", "purchase__pack")
    return sum(_send(attempt) for attempt in ended[:_AT_ONCE]) + _tell_of_worse_terms()


def _tell_of_worse_terms() -> int:
    """Once, until the owner has said yes to the new ones."""
    wishes = AutoTopUp.objects.filter(
        DEARER,
        is_enabled=True,
        told_dearer_at=None,
        pack__is_active=True,
        account__user__is_active=True,
    )
    return sum(_tell(wish) for wish in wishes.select_related("account__user", "pack")[:_AT_ONCE])


def _tell(wish: AutoTopUp) -> bool:
    mine = AutoTopUp.objects.filter(pk=wish.pk, told_dearer_at=None)
    if not mine.update(told_dearer_at=timezone.now()):
        return False  # another process is telling it
    text = render_to_string(
        "billing/dearer_mail.txt",
        {
            "wish": wish,
            "credits": to_text(wish.pack.credits),
            "agreed_credits": to_text(wish.agreed_credits or 0),
        },
    )
    try:
        send_mail("Automatic top-up waits for your yes", text, None, [wish.account.user.email])
    except (OSError, smtplib.SMTPException):
        logger.warning("mail about top-up terms could not be sent", exc_info=True)
        AutoTopUp.objects.filter(pk=wish.pk).update(told_dearer_at=None)
        return False
    return True


def _send(attempt: TopUpAttempt) -> bool:
    mine = TopUpAttempt.objects.filter(pk=attempt.pk, state=attempt.state, mailed_at=None)
    if not mine.update(mailed_at=timezone.now()):
        return False  # another process is sending it
    has_succeeded = attempt.state == State.SUCCEEDED
    subject = "Credits topped up" if has_succeeded else "Automatic top-up failed"
    context = {
        "attempt": attempt,
        "purchase": attempt.purchase,
        "credits": to_text(attempt.purchase.credits),
        "has_succeeded": has_succeeded,
    }
    text = render_to_string("billing/top_up_mail.txt", context)
    try:
        send_mail(subject, text, None, [attempt.account.user.email])
    except (OSError, smtplib.SMTPException):
        logger.warning("mail about top-up %s could not be sent", attempt.pk, exc_info=True)
        TopUpAttempt.objects.filter(pk=attempt.pk).update(mailed_at=None)
        return False
    return True
