"""Who was refused for want of room a moment ago is refused again without being looked up.

An overload sends the same keys again and again, and finding out whose a key is costs more than all
the rest of a refusal: time that the pictures which were let in are waiting for. Nobody is let in
by what is remembered here. A key that ended meanwhile is told so some seconds later.
"""

import hashlib
import threading
import time

from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from accounts.authentication import key_from_headers
from accounts.models import ApiKey

_KEPT_S = 5.0
_MOST_KEPT = 1_000
#: By digest of the key as sent: whose it is, and until when. The longest known first.
_keys: dict[bytes, tuple[ApiKey, float]] = {}
_lock = threading.Lock()


def key_of(request: Request) -> ApiKey | None:
    """The key of this request, if it was turned away lately; None says nothing."""
    if not _keys or (digest := _digest(request)) is None:
        return None
    key, until = _keys.get(digest, (None, 0.0))
    return key if time.monotonic() < until else None


def recognise(request: Request, key: ApiKey) -> None:
    """Only to refuse: limits are counted and told, and the log has its account, as for any other."""
    request.user, request.auth = key.user, key
    bind_contextvars(account_id=key.user_id, key=key.fingerprint)


def remember(request: Request) -> None:
    """Call for one whose key was found good."""
    if not isinstance(request.auth, ApiKey) or (digest := _digest(request)) is None:
        return
    with _lock:
        _keys.pop(digest, None)
        _keys[digest] = request.auth, time.monotonic() + _KEPT_S
        if len(_keys) > _MOST_KEPT:
            del _keys[next(iter(_keys))]


def forget() -> None:
    """For tests."""
    with _lock:
        _keys.clear()


def _digest(request: Request) -> bytes | None:
    key = key_from_headers(request)
    return hashlib.sha256(key.encode()).digest() if key else None
