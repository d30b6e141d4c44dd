"""The pool of database connections is small: whoever is about to wait for something else gives one back."""

from django.db import connection


def free_connection() -> None:
    """Gives this thread's connection back to the pool before a long wait or computation.

    Kept on SQLite, where opening one costs more than holding it, and within a transaction. Not to
    be called within a loop over `iterator()`, which reads from the connection as it goes.
    """
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()


def takes_writes() -> bool:
    """Whether the database is the one to write to. A standby that nobody promoted yet answers as well, and
    so does one that its host has locked for want of room."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT 1")
            return True
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "off")
