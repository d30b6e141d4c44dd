"""Ends the sessions of an account, on every device."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User


def end_all(user: User) -> int:
    """Reads every living session: their owner is told only inside. Rare enough for that."""
    living = Session.objects.filter(expire_date__gt=timezone.now())
    keys = [
        session.session_key
        for session in living.iterator(chunk_size=1000)
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    return Session.objects.filter(session_key__in=keys).delete()[0]
