"""Makes, finds, rolls and revokes API keys. The only module that ever sees a whole key.

    sk-live-  +  32 base62 characters (190 random bits)  +  6 base62 characters of CRC32 over the rest

The checksum tells a mistyped or foreign key without asking the database; it protects nothing.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone

from accounts.addresses import network_of
from accounts.models import ApiKey, User

#: Sent, with the key as its sender, in the transaction that changes its limits.
changed = Signal()
LONGEST_OVERLAP = timedelta(hours=72)
_TOUCH_EVERY = timedelta(minutes=1)
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(r"sk-(?:live|test)-[0-9A-Za-z]{38}")


class AlreadyMade(Exception):
    """The form came a second time; the key is on the answer to the first."""


def create(
    user: User,
    name: str,
    mode: str = ApiKey.Mode.LIVE,
    *,
    made_as: UUID | None = None,
    scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
    allowed_ips: Iterable[str] = (),
    monthly_credit_cap_hundredths: int | None = None,
    spends_as: UUID | None = None,
) -> tuple[ApiKey, str]:
    """The new key and its plaintext, which nobody can be shown again. Raises AlreadyMade for the id of one."""
    plaintext = _generate(ApiKey.Mode(mode))
    key = ApiKey(
        id=made_as or uuid4(),
        user=user,
        name=name,
        mode=mode,
        digest=_hmac("digest", plaintext),
        fingerprint=f"tok_fp_{_hmac('fingerprint', plaintext)[:12]}",
        prefix=plaintext[:12],
        last4=plaintext[-4:],
        scopes=list(scopes),
        expires_at=expires_at,
        allowed_ips=list(allowed_ips),
        monthly_credit_cap_hundredths=monthly_credit_cap_hundredths,
        spends_as=spends_as,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        if made_as is not None and ApiKey.objects.filter(pk=made_as).exists():
            raise AlreadyMade from error
        raise
    return key, plaintext


def is_well_formed(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None and text[-6:] == _checksum(text[:-6])


def find(text: str) -> ApiKey | None:
    """The usable key; None for unknown, malformed, revoked and expired, which callers never tell apart.

    Whether the account it belongs to is suspended is for the caller to ask.
    """
    key = known(text)
    if key is None or not key.is_usable:
        return None
    newest = _hmac("digest", text)
    if not hmac.compare_digest(key.digest, newest):
        # Its pepper is being replaced. The fingerprint stays: customers and logs know the key by it.
        ApiKey.objects.filter(pk=key.pk, digest=key.digest).update(digest=newest)
    return key


def known(text: str) -> ApiKey | None:
    """The key whether it still works or not; for a request, `find` is the question."""
    if not is_well_formed(text):
        return None
    digests = [_hmac("digest", text, pepper) for pepper in settings.KEY_PEPPERS]
    # Unique, so there is nothing to sort, which would take Django longer than the look itself.
    found = ApiKey.objects.select_related("user").filter(digest__in=digests).order_by()
    return next(iter(found), None)


@transaction.atomic
def roll(key: ApiKey, overlap: timedelta) -> tuple[ApiKey, str]:
    """A new key with the same rights, and one count of the month with the old one, which ends after `overlap`,
    at most LONGEST_OVERLAP.

    Raises ValueError for another overlap, or for a key that has already been rolled or ended.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("the overlap must lie between 0 and 72 hours")
    now = timezone.now()
    # Conditional: of two rolls at once, or a roll and a revocation, one wins.
    alive = _alive(now) & Q(revoked_at=None)
    if not ApiKey.objects.filter(alive, pk=key.pk).update(revoked_at=now + overlap):
        raise ValueError("the key has been rolled or has ended")
    key.refresh_from_db()
    return create(
        key.user,
        key.name,
        key.mode,
        scopes=key.scopes,
        expires_at=key.expires_at,
        allowed_ips=key.allowed_ips,
        monthly_credit_cap_hundredths=key.monthly_credit_cap_hundredths,
        spends_as=key.counted_as,
    )


@transaction.atomic
def change(
    key: ApiKey,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    allowed_ips: Iterable[str],
    monthly_credit_cap_hundredths: int | None,
) -> None:
    """Other limits for the same key, from its next request on. Raises ValueError for an ended one."""
    # Conditional: a revocation meanwhile wins, and nothing brings an ended key back.
    updated = ApiKey.objects.filter(_alive(timezone.now()), pk=key.pk).update(
        name=name,
        scopes=list(scopes),
        expires_at=expires_at,
        allowed_ips=list(allowed_ips),
        monthly_credit_cap_hundredths=monthly_credit_cap_hundredths,
        end_mailed_at=None if expires_at != key.expires_at else key.end_mailed_at,
    )
    if not updated:
        raise ValueError("the key has ended")
    key.refresh_from_db()
    changed.send(key)


def revoke(key: ApiKey) -> bool:
    """Ends the key now, also one that a roll would end later; an earlier end stays as it is.

    True for the one caller that did it.
    """
    now = timezone.now()
    unended = Q(revoked_at=None) | Q(revoked_at__gt=now)
    revoked = ApiKey.objects.filter(unended, pk=key.pk).update(revoked_at=now)
    key.refresh_from_db(fields=["revoked_at"])
    return bool(revoked)


def touch(key: ApiKey, ip: str) -> None:
    """Notes the use: one write a minute for a key however busy, also across processes."""
    now = timezone.now()
    if key.last_used_at is not None and key.last_used_at > now - _TOUCH_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _TOUCH_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now, last_used_ip=network_of(ip))


def _alive(now: datetime) -> Q:
    return (Q(revoked_at=None) | Q(revoked_at__gt=now)) & (
        Q(expires_at=None) | Q(expires_at__gt=now)
    )


def _generate(mode: ApiKey.Mode) -> str:
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(32))
    body = f"sk-{mode.value}-{secret}"
    return body + _checksum(body)


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _hmac(label: str, plaintext: str, pepper: str = "") -> str:
    """By the first pepper where none is named."""
    # Different labels, so that the fingerprint, which is shown, says nothing about the digest.
    message = f"maskr.keys.{label}.v1:{plaintext}".encode()
    secret = pepper or settings.KEY_PEPPERS[0]
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
