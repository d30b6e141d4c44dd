"""The month that a moment lies in, as the database computes it for sums and keeps it in an index."""

from datetime import UTC
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import TruncMonth
from django.db.models.sql.compiler import SQLCompiler


class MonthOf(TruncMonth):
    """The first moment of the calendar month, in UTC.

    On SQLite, Django would call a function of its own for every row, and no index can hold that.
    """

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, tzinfo=UTC, **extra)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any
    ) -> tuple[str, Any]:
        column, params = compiler.compile(self.lhs)
        return f"SUBSTR({column}, 1, 7) || '-01 00:00:00'", params
