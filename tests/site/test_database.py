"""Who waits for PostgreSQL, and for how long; a server that hangs is one of the faults (E6)."""

import socket
from types import SimpleNamespace
from typing import Any

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


def test_a_door_at_which_nobody_speaks_is_not_answered(connection):
    """As of a stopped server: its kernel lets everybody in."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server: Any = SimpleNamespace(host="127.0.0.1", hostaddr="", port=silent.getsockname()[1])
        assert not database._knock(server)


def test_a_server_is_heard_through_the_door(connection):
    assert database._knock(connection.info)
