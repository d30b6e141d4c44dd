"""Who waits for PostgreSQL, and for how long; a server that hangs is one of the faults (E6)."""

import contextlib
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from maskr_site import database
from maskr_site.database import KnockingConnection, patient_for_seconds
from tests.faults.servers import OwnPostgres
from tests.live.product import until
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


@contextlib.contextmanager
def pool_of(url: str) -> Iterator[ConnectionPool[KnockingConnection]]:
    """As Django makes it."""
    options: dict[str, Any] = {
        "check": ConnectionPool.check_connection,
        "kwargs": {"autocommit": True},
    }
    with ConnectionPool(url, **options, **patient_for_seconds(pool_size=1)["pool"]) as pool:
        yield pool


def process_of(pool: ConnectionPool[KnockingConnection]) -> int:
    """The server's, which is another one for each connection."""
    with pool.connection() as connection:
        connection.execute("SELECT 1")
        return connection.info.backend_pid


@pytest.fixture(scope="module")
def primary() -> Iterator[OwnPostgres]:
    with contextlib.closing(OwnPostgres()) as cluster:
        yield cluster


def test_no_connection_to_a_standby_is_kept(primary):
    with contextlib.closing(OwnPostgres(primary)) as standby, pool_of(standby.url) as pool:
        first = process_of(pool)
        until(lambda: process_of(pool) != first, 10)


def test_a_connection_to_the_primary_is_kept(primary, monkeypatch):
    monkeypatch.setattr(database, "_ON_STANDBY_S", 0.0)
    with pool_of(primary.url) as pool:
        assert process_of(pool) == process_of(pool)
