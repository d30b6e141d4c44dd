"""Who waits for PostgreSQL, and for how long; a server that hangs is one of the faults (E6)."""

import pytest

from maskr_site import database
from maskr_site.database import KnockingConnection
from tests.needs import POSTGRES

pytestmark = pytest.mark.postgres


@pytest.fixture
def connection(monkeypatch):
    """As a web process has it."""
    monkeypatch.setattr(database, "_door", database._Door())
    database.be_impatient()
    with KnockingConnection.connect(POSTGRES, autocommit=True) as connection:
        yield connection


def test_a_statement_that_takes_long_is_waited_for_while_the_server_answers_at_the_door(connection):
    assert connection.execute("SELECT 1 FROM pg_sleep(2)").fetchall() == [(1,)]
