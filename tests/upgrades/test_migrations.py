"""Migrations that the release before does not notice: none locks a large table or takes away.

Read as PostgreSQL will get them, so in the run of the suite that is on PostgreSQL.
"""

import pytest
from django.db import connection
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

from tests.upgrades.baseline import BASELINE

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="in the run on PostgreSQL"),
]
OURS = ("accounts", "billing", "services", "maskr_site")


@pytest.fixture
def linter() -> MigrationLinter:
    return MigrationLinter(no_cache=True, no_output=True)


def newer(linter: MigrationLinter) -> list[tuple[str, str]]:
    """The migrations of ours that are no part of the first release."""
    ours = (key for key in linter.migration_loader.disk_migrations if key[0] in OURS)
    return sorted(key for key in ours if key[1] not in BASELINE[key[0]])


def test_no_migration_disturbs_the_release_before(linter):
    for key in newer(linter):
        linter.lint_migration(linter.migration_loader.disk_migrations[key])
    assert linter.nb_erroneous == 0, newer(linter)


def test_the_baseline_names_migrations_that_exist(linter):
    known = set(linter.migration_loader.disk_migrations)
    named = {(app, name) for app, names in BASELINE.items() for name in names}
    assert named <= known


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "services_job" DROP COLUMN "engine"',
        'ALTER TABLE "services_job" RENAME COLUMN "engine" TO "network"',
        'ALTER TABLE "services_job" ADD COLUMN "x" integer NOT NULL',
        'ALTER TABLE "services_job" ALTER COLUMN "engine" TYPE integer',
        'DROP TABLE "services_job"',
    ],
)
def test_what_would_disturb_it_is_found(statement):
    errors, _, _ = analyse_sql_statements(PostgresqlAnalyser, [statement])
    assert errors


def test_an_index_built_under_a_lock_is_found():
    statement = 'CREATE INDEX "x" ON "services_job" ("engine")'
    errors, _, warnings = analyse_sql_statements(PostgresqlAnalyser, [statement])
    assert errors or warnings
