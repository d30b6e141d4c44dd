"""Whether the database has the tables of this version."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def missing() -> str:
    """What is missing, and what to run; empty where nothing is. Raises DatabaseError."""
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return f"The database lacks {len(plan)} migrations. Run first: manage.py migrate"
    return ""
