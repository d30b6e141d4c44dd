"""Secrets of second factors as the database holds them: whoever has it alone can make no codes.

They are encrypted by keys of the server's (MASKR_FACTOR_KEYS). The first seals, all of them open, and
what an older one sealed, or nobody, is sealed anew, hourly or by `manage.py seal_factors`.
"""

import base64
import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)
#: Before what is sealed; no secret of before begins like this.
MARK = "sealed1:"
_HOUR_S = 3600.0
_began_at = time.monotonic()


class Unreadable(Exception):
    """It was sealed by a key that is not, or no longer, among MASKR_FACTOR_KEYS."""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # without types
    """Through it pass the secrets of apps, and what recovery codes are made of."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return opened(encrypted_text)


def seal(text: str) -> str:
    """As it is where no key is set: several machines would each have sealed with one of their own."""
    keys = _fernets()
    return MARK + MultiFernet(keys).encrypt(text.encode()).decode() if keys else text


def opened(text: str) -> str:
    """What was sealed, or was written before anything was. Raises Unreadable."""
    if not text.startswith(MARK):
        return text
    try:
        return MultiFernet(_fernets()).decrypt(text.removeprefix(MARK)).decode()
    except (InvalidToken, ValueError) as error:  # ValueError: there is no key at all
        raise Unreadable("MASKR_FACTOR_KEYS lacks the key of a second factor.") from error


def seal_all() -> int:
    """Seals what the first key has not sealed; returns of how many factors. May be asked again."""
    return _rewritten(_sealed_anew) if _fernets() else 0


def open_all() -> int:
    """The way back, for code that knows nothing of it. Raises Unreadable."""
    return _rewritten(opened)


class Hourly:
    """Seals what is not, as somebody may have restored it, or put a new key in front.

    With other machines not before an hour: code of the release before may still answer there, and
    would not know what it reads.
    """

    def __init__(self) -> None:
        self._due_at = _began_at + (0 if settings.EMBEDDED else _HOUR_S)

    def run(self) -> int:
        if time.monotonic() < self._due_at:
            return 0
        self._due_at = time.monotonic() + _HOUR_S
        return seal_all()


def _rewritten(change: Callable[[str], str]) -> int:
    return sum(
        _rewrite(row.pk, change)
        for row in list(Authenticator.objects.all())
        if _differs(row, change)
    )


def _differs(factor: Authenticator, change: Callable[[str], str]) -> bool:
    try:
        return bool(_changed(factor.data, change) != factor.data)
    except Unreadable:
        logger.error("second factor %s was sealed by none of MASKR_FACTOR_KEYS", factor.pk)
        return False


def _rewrite(pk: int, change: Callable[[str], str]) -> bool:
    """One row at a time: somebody may just be using a recovery code of it, or be switching it off."""
    with transaction.atomic():
        factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if factor is None or not _differs(factor, change):
            return False
        factor.data = _changed(factor.data, change)
        factor.save(update_fields=["data"])
        return True


def _changed(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Of an app the secret; of recovery codes the seed, or the codes themselves where they are older."""
    made_of: dict[str, Any] = {
        name: change(data[name]) for name in ("secret", "seed") if name in data
    }
    if codes := data.get("migrated_codes"):
        made_of["migrated_codes"] = [change(code) for code in codes]
    return data | made_of


def _sealed_anew(text: str) -> str:
    """The same text where the first key has sealed it."""
    if text.startswith(MARK):
        try:
            _fernets()[0].decrypt(text.removeprefix(MARK))
        except InvalidToken:
            return seal(opened(text))
        return text
    return seal(text)


def _fernets() -> list[Fernet]:
    return [_fernet(key) for key in settings.FACTOR_KEYS]


@cache
def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"maskr.factors.v1").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
