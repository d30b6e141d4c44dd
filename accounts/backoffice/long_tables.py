"""Admin lists of tables with millions of rows: nothing on their pages reads the whole table.

Counts stop early or are the database's own estimate, pages reach the newest rows only (older ones
are found by date, filter or search), dates are told from the calendar, each search word takes one
indexed way.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.backoffice.facts import FactAdmin

#: Rows that can be paged through.
REACH = 5_000
_NEWEST = 2_000
Search = Callable[[QuerySet[Any], str], QuerySet[Any] | None]


class ShortPaginator(Paginator):  # type: ignore[type-arg]  # generic for the type checker only
    """Counts no further than the rows that can be paged through."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:REACH].count())

    @cached_property
    def total(self) -> str:
        """How many there are, in words that say how sure that is."""
        if self.count < REACH:
            return f"{self.count:,}".replace(",", " ")
        estimate = None if _is_filtered(self.object_list) else estimated_rows(self.object_list)
        if estimate is None or estimate <= REACH:
            return f"more than {REACH:,}".replace(",", " ")
        return f"about {estimate:,}".replace(",", " ")

    @property
    def is_cut(self) -> bool:
        return self.count >= REACH


class LongTableAdmin(FactAdmin):
    """`searches` are tried in their order; the first that recognises the words answers."""

    paginator = ShortPaginator
    list_per_page = 50
    list_max_show_all = 0
    ordering = ["-created_at"]
    #: Sorting by any other column would read every row.
    sortable_by = ["created_at"]
    searches: tuple[Search, ...] = ()

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("pk",) if self.searches else ()  # only makes the box appear

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.strip()
        if not words:
            return queryset, False
        found = (search(queryset, words) for search in self.searches)
        return next((rows for rows in found if rows is not None), queryset.none()), False


def estimated_rows(rows: Any) -> int | None:
    """What PostgreSQL believes since it last analysed the table; None where nobody estimates."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [rows.model._meta.db_table],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def first_of(rows: QuerySet[Any], ways: Iterable[dict[str, Any]]) -> QuerySet[Any] | None:
    """The rows by the first way that finds any: each is a look into one index."""
    for way in ways:
        found = rows.filter(**way)
        if found.order_by().exists():
            return found
    return None


def _is_filtered(rows: Any) -> bool:
    return bool(rows.query.where)


class ShortListFilter(admin.SimpleListFilter):
    """A filter by equality over choices that are known without asking the table."""

    def values(self) -> Iterable[tuple[str, str]]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.values())

    def has_output(self) -> bool:
        """Also with nothing to choose from: what was asked for by its address must hold."""
        return super().has_output() or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value and "\x00" in value:  # PostgreSQL has no such text
            return queryset.none()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class LatelyFilter(ShortListFilter):
    """By the values that the newest rows have: all values there are would be asked of every row."""

    newest_by = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        model, name = model_admin.model, str(self.parameter_name)

        def lately() -> list[str]:
            newest = model.objects.order_by(f"-{self.newest_by}").values_list(name, flat=True)
            return sorted(set(newest[:_NEWEST]) - {"", None})

        key = f"admin:lately:{model._meta.label_lower}:{name}"
        return [(value, value) for value in cache.get_or_set(key, lately, 60) or []]
