"""The one clock of an installation: the database's. Every machine has its own, minutes off perhaps."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Min, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

#: As Django's Now() has it, for each of the databases.
_NOW = {
    "postgresql": "SELECT STATEMENT_TIMESTAMP()",
    "sqlite": "SELECT STRFTIME('%Y-%m-%dT%H:%M:%f', 'now')",
}


def now() -> datetime:
    """Asks the database; an UPDATE that needs no value here has Now() instead."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW[connection.vendor])
        moment: datetime | str = cursor.fetchone()[0]
    return datetime.fromisoformat(moment).replace(tzinfo=UTC) if isinstance(moment, str) else moment


def age_of_oldest(condition: Q | None = None) -> CombinedExpression:
    """Of jobs, for how long the first of them has been there; for an aggregation."""
    return Now() - Min("created_at", filter=condition)


def seconds(age: timedelta | None) -> float:
    """None is the age of what there is not."""
    return max(0.0, age.total_seconds()) if age else 0.0
