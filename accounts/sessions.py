"""Sign-ins: which of them live, what is shown of them, and their end on every device."""

from collections.abc import Iterator

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User


def end_all(user: User) -> int:
    return _end(_keys_of(user))


def end_others(user: User, kept: str) -> int:
    """All but the session with the key `kept`; also those that nobody listed."""
    return _end([key for key in _keys_of(user) if key != kept])


def listed(user: User) -> list[UserSession]:
    """What is known of the sign-ins that are still good, the oldest first.

    Sessions are only read: asking Django who is signed in there would give a session another key
    while SECRET_KEY is being replaced, and its browser would never hear of it.
    """
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    living = _living().filter(session_key__in=rows)
    good = [rows[one.session_key] for one in living if _is_good(user, one)]
    return sorted(good, key=lambda row: row.created_at)


def is_of_password(user: User, given: str) -> bool:
    """As Django judges a session's hash: another password ends it, another SECRET_KEY does not."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(given, known) for known in hashes)


def renamed(old: str, new: str) -> None:
    """A session goes on under another key, and so does what is shown of it."""
    with transaction.atomic():
        if not UserSession.objects.filter(session_key=new).exists():
            UserSession.objects.filter(session_key=old).update(session_key=new)
        UserSession.objects.filter(session_key=old).delete()


def clear_expired() -> int:
    """Of people who have not come back, and what is shown to them of those sign-ins."""
    SessionStore.clear_expired()
    session = _living().filter(session_key=OuterRef("session_key"))
    return int(UserSession.objects.filter(~Exists(session)).delete()[0])


def _living() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__gt=timezone.now())


def _keys_of(user: User) -> list[str]:
    """Reads every living session: their owner is told only inside. Rare enough for that."""
    return [
        session.session_key
        for session in _living().iterator(chunk_size=1000)
        if str(user.pk) in _people(session)
    ]


def _people(session: Session) -> Iterator[str]:
    """Who is signed in, and the staff that would be again after they stop impersonating."""
    told = session.get_decoded()
    yield told.get(SESSION_KEY, "")
    yield from told.get("hijack_history", [])


def _is_good(user: User, session: Session) -> bool:
    told = session.get_decoded()
    given = str(told.get(HASH_SESSION_KEY, ""))
    return told.get(SESSION_KEY) == str(user.pk) and is_of_password(user, given)


def _end(keys: list[str]) -> int:
    UserSession.objects.filter(session_key__in=keys).delete()
    return Session.objects.filter(session_key__in=keys).delete()[0]
