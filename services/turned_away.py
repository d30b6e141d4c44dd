"""Who was refused for want of room a moment ago is refused again without being looked up.

An overload sends the same keys again and again, and finding out whose a key is costs more than all
the rest of a refusal: time that the pictures which were let in are waiting for. Nobody is let in
by what is remembered here. A key that ended meanwhile is told so some seconds later.
"""

import hashlib
import threading
import time

from rest_framework.request import Request

from accounts.authentication import key_from_headers

_KEPT_S = 5.0
_MOST_KEPT = 10_000
#: By digest of the key as sent: the account, and until when. The longest known first.
_owners: dict[bytes, tuple[int, float]] = {}
_lock = threading.Lock()


def owner_of(request: Request) -> int | None:
    """The account whose key this is, if it was turned away lately; None says nothing."""
    if not _owners or (digest := _digest(request)) is None:
        return None
    owner, until = _owners.get(digest, (None, 0.0))
    return owner if time.monotonic() < until else None


def remember(request: Request, owner_id: int) -> None:
    """Call for a key that was found good."""
    if (digest := _digest(request)) is None:
        return
    with _lock:
        _owners.pop(digest, None)
        _owners[digest] = owner_id, time.monotonic() + _KEPT_S
        if len(_owners) > _MOST_KEPT:
            del _owners[next(iter(_owners))]


def forget() -> None:
    """For tests."""
    with _lock:
        _owners.clear()


def _digest(request: Request) -> bytes | None:
    key = key_from_headers(request)
    return hashlib.sha256(key.encode()).digest() if key else None
