"""Closes an account for a while: no log-in, no request with its keys. Nothing of it is lost."""

from accounts import sessions
from accounts.models import User


class CannotSuspend(Exception):
    """Says in a sentence why not."""


def suspend(user: User) -> None:
    """Sessions end at once; keys stay as they are and answer 403 until the account is opened."""
    if user.is_above_others:
        raise CannotSuspend(f"The account {user} is staff. Take the staff rights away first.")
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise CannotSuspend(f"The account {user} is suspended already.")
    sessions.end_all(user)


def reopen(user: User) -> None:
    """Not once it is to be erased: what began meanwhile would stay, under no name."""
    if User.objects.filter(pk=user.pk, erasure_asked_at__isnull=False).exists():
        raise CannotSuspend(f"The account {user} is erased, or about to be.")
    closed = User.objects.filter(pk=user.pk, is_active=False, erasure_asked_at=None)
    if not closed.update(is_active=True):
        raise CannotSuspend(f"The account {user} is not suspended.")
