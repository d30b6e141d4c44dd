"""How the admin finds jobs and batches by a word: each way asks one index, none reads the table."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.backoffice.long_tables import first_of
from accounts.models import User

_MOST_OWNERS = 50


def by_id(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    """The job or batch itself, or the jobs of that batch."""
    identity = _uuid(words)
    if identity is None:
        return None
    ways = [{"pk": identity}]
    if rows.model._meta.model_name == "job":
        ways.append({"batch_id": identity})
    return first_of(rows, ways)


def by_request(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    return first_of(rows, [{"request_id": words}]) if " " not in words else None


def by_owner(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    """By a whole address, or else by a part of one that few accounts share."""
    exact = User.objects.filter(email=words.lower()).values_list("pk", flat=True)
    owners = list(exact) or list(
        User.objects.filter(email__contains=words.lower()).values_list("pk", flat=True)[
            :_MOST_OWNERS
        ]
    )
    return rows.filter(owner_id__in=owners) if owners else None


def _uuid(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
