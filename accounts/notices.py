"""Mails to owners about their keys, unless they do not want them; of what staff did to their sign-in,
and the last one of all."""

import logging
import smtplib
from datetime import timedelta

from django.core.mail import send_mail
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import ApiKey, User

logger = logging.getLogger(__name__)
#: How long before its end an owner hears of it.
AHEAD = timedelta(days=7)
_AT_ONCE = 50


def key_made(key: ApiKey) -> None:
    _tell(key, "A key was made", "made")


def key_rolled(old: ApiKey, new: ApiKey) -> None:
    _tell(old, "A key was rolled", "rolled", new=new)


def key_revoked(key: ApiKey) -> None:
    _tell(key, "A key was revoked", "revoked")


def key_leaked(key: ApiKey, url: str) -> None:
    """Also to those who want no mails about keys: their programs stop, and somebody has the key."""
    if key.user.is_active:
        text = render_to_string("accounts/key_leaked_mail.txt", {"key": key, "url": url})
        _send(f"A key was found in public and is revoked: {key.name}", text, key.user.email)


def password_set(user: User) -> None:
    """By staff; allauth tells of what owners do."""
    _tell_of_staff(user, "Your password was changed", "password")


def second_factor_removed(user: User) -> None:
    """The same."""
    _tell_of_staff(user, "Two-factor authentication was switched off", "factor")


def mail_ending_keys() -> int:
    """How many owners were told that a key ends soon: once for each key and end."""
    now = timezone.now()
    ending = ApiKey.objects.filter(
        user__is_active=True,
        user__notify_by_mail=True,
        revoked_at=None,
        end_mailed_at=None,
        expires_at__range=(now, now + AHEAD),
    ).filter(expires_at__gt=F("created_at") + AHEAD)  # who gives a key less than that knows
    return sum(_tell_of_end(key) for key in ending.select_related("user")[:_AT_ONCE])


def _tell_of_end(key: ApiKey) -> bool:
    mine = ApiKey.objects.filter(pk=key.pk, end_mailed_at=None)
    if not mine.update(end_mailed_at=timezone.now()):
        return False  # another process is telling it
    if _tell(key, "A key ends soon", "ending"):
        return True
    ApiKey.objects.filter(pk=key.pk).update(end_mailed_at=None)  # the next round tries again
    return False


def _tell_of_staff(user: User, subject: str, what: str) -> None:
    if user.is_active:
        _send(subject, render_to_string("accounts/by_staff_mail.txt", {"what": what}), user.email)


def account_deleted(email: str) -> None:
    """To the address itself: who it belonged to is forgotten by now."""
    text = render_to_string("accounts/deleted_mail.txt")
    _send("Your account is deleted", text, email)


def _tell(key: ApiKey, subject: str, what: str, **more: ApiKey) -> bool:
    owner: User = key.user
    if not (owner.notify_by_mail and owner.is_active):
        return False
    text = render_to_string("accounts/key_mail.txt", {"key": key, "what": what} | more)
    return _send(f"{subject}: {key.name}", text, owner.email)


def _send(subject: str, text: str, email: str) -> bool:
    """False when the mail server would not; what the mail tells of stays done."""
    try:
        send_mail(" ".join(subject.split()), text, None, [email])  # it holds a name as it was typed
    except (OSError, smtplib.SMTPException, ValueError):  # the last: no mail can be made of this
        logger.warning("mail “%s” could not be sent", subject, exc_info=True)
        return False
    return True
