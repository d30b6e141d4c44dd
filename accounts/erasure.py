"""Everything that is held about a person: given to them, and forgotten when they go.

Each package holds a part of it and says how to export and forget that; this is the door to all.
"""

import json
import logging
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from accounts.models import User

logger = logging.getLogger(__name__)
#: The name of a list, and its rows.
Section = tuple[str, Iterable[dict[str, Any]]]


class CannotErase(Exception):
    """The reason, as the person may read it. Nothing has been changed."""


class Holding(Protocol):
    """What one package holds about a person."""

    def export(self, user: User) -> Iterator[Section]: ...

    def prepare(self, user: User) -> None:
        """What other servers must agree to first. Raises CannotErase; may be asked again."""

    def forget(self, user: User) -> None:
        """Deletes or makes anonymous; may be asked again after it stopped halfway."""


_holdings: list[Holding] = []


def add(holding: Holding) -> None:
    """From the ready() of each package, which run from the lowest package to the highest."""
    _holdings.append(holding)


def export(user: User) -> Iterator[Section]:
    """All that is held, without secrets, as lists of rows that fit JSON."""
    for holding in _holdings:
        yield from holding.export(user)


def write_archive(user: User, file: IO[bytes]) -> None:
    """A ZIP with one JSON file a section, written row by row."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in export(user):
            with archive.open(f"{name}.json", "w") as section:
                section.write(b"[")
                for number, row in enumerate(rows):
                    text = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
                    section.write(f"{',' if number else ''}\n{text}".encode())
                section.write(b"\n]\n")


def erase(user: User) -> None:
    """Forgets the person; what the books need stays, under no name. Cannot be undone.

    Raises CannotErase, then nothing has changed. Whatever stops it later, resume() goes on.
    """
    for holding in _holdings:
        holding.prepare(user)
    # From here on no key works, nobody is signed in, and so nothing new begins.
    User.objects.filter(pk=user.pk).update(is_active=False, erasure_asked_at=timezone.now())
    _forget(user)


def resume() -> int:
    """Goes on with what a crash stopped halfway; returns how many accounts."""
    halfway = User.objects.filter(erasure_asked_at__isnull=False, erased_at=None)
    return sum(_went_on(user) for user in list(halfway))


def _went_on(user: User) -> bool:
    """Whatever keeps one from its end, be it a file, must not keep the others from theirs."""
    try:
        _forget(user)
    except Exception:
        logger.exception("account %s cannot be erased yet", user.pk)
        return False
    return True


def _forget(user: User) -> None:
    # The highest first: work ends before credits are forfeited, the name goes last.
    for holding in reversed(_holdings):
        holding.forget(user)
    User.objects.filter(pk=user.pk).update(erased_at=timezone.now())
    user.refresh_from_db()
    logger.info("account %s is erased", user.pk)
