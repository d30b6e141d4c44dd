"""How the admin finds rows about money by a word: each way asks one index."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.backoffice.long_tables import first_of
from billing.models import CreditAccount

_MOST_ACCOUNTS = 50
#: Where a purchase has the ids of the payment provider, by how they begin.
_IDS = {
    "cs": "session",
    "in": "invoice",
    "pi": "payments__intent",
    "re": "payments__refunds__id",
    "pyr": "payments__refunds__id",
    "du": "payments__disputes__id",
    "dp": "payments__disputes__id",
    "cus": "account__user__stripe_customer__customer",
}


def by_job_or_purchase(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    identity = _uuid(words)
    if identity is None:
        return None
    return first_of(rows, [{"job": identity}, {"purchase_id": identity}])


def by_payment(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    """A purchase by its own id, or by one that the payment provider gave."""
    if identity := _uuid(words):
        return rows.filter(pk=identity)
    column = _IDS.get(words.partition("_")[0])
    found = rows.filter(**{column: words}) if column else rows.none()
    return found if found.exists() else None  # an address, or a part of one, may begin like an id


def by_pk(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    found = rows.filter(pk=words)
    return found if found.exists() else None


def by_type(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    return rows.filter(type=words)


def by_owner(rows: QuerySet[Any], words: str) -> QuerySet[Any] | None:
    """By a whole address, or else by a part of one that few accounts share."""
    accounts = CreditAccount.objects.order_by()
    exact = accounts.filter(user__email=words.lower()).values_list("pk", flat=True)
    part = accounts.filter(user__email__contains=words.lower()).values_list("pk", flat=True)
    found = list(exact) or list(part[:_MOST_ACCOUNTS])
    return rows.filter(account_id__in=found) if found else None


def _uuid(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
