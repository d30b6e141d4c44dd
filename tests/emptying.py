"""Empties the database between tests quickly: Django's own way takes up to a second for each of thousands."""

from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TestCase, TransactionTestCase

from tests import secrecy

# Made from the models when the test database was, and changed by no test: making them anew
# takes longer than most tests.
_KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


# Rows that the migrations make and tests change: each test begins with them, in whatever order they run.
_founding_prices: list[Any] = []

_roll_back = TestCase._fixture_teardown  # type: ignore[attr-defined]


def install() -> None:
    """Has every test that commits leave an empty database in this way; all are read for secrets."""
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]
    TestCase._fixture_teardown = _read_and_roll_back  # type: ignore[attr-defined]


def remember() -> None:
    """Notes the rows of a database just migrated, which each emptied one gets again."""
    _founding_prices[:] = _prices().objects.all()


def _read_and_roll_back(case: TestCase) -> None:
    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        if secrecy.watch.has_made_secrets:
            secrecy.read_database(connections[name], _tables_of(connections[name]))
    _roll_back(case)


def _empty(case: TransactionTestCase) -> None:
    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        connection = connections[name]
        tables = _tables_of(connection)
        secrecy.read_database(connection, tables)
        if connection.vendor == "postgresql":
            statements = _deletions([connection.ops.quote_name(table) for table in tables])
        else:
            statements = connection.ops.sql_flush(no_style(), tables)
        connection.ops.execute_sql_flush(statements)
    _prices().objects.bulk_create(_founding_prices)


def _prices() -> Any:
    return apps.get_model("billing", "ServicePrice")


def _tables_of(connection: BaseDatabaseWrapper) -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [table for table in tables if table not in _KEPT]


def _deletions(tables: list[str]) -> list[str]:
    """Rows of a few small tables are gone sooner by DELETE than by TRUNCATE, which makes new files."""
    # Neither the order of foreign keys nor the guard of the ledger is to matter here.
    bypassed = "SET LOCAL session_replication_role = replica"
    deletions = (f"DELETE FROM {table}" for table in tables)  # noqa: S608 - quoted names of ours
    return ["; ".join([bypassed, *deletions])]
