"""E6: PostgreSQL restarts at once, stays away, hangs, fails over, and has no connection left. Its own cluster."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.faults.installation import Installation
from tests.faults.journal import now
from tests.faults.level import at_level, full_only
from tests.faults.outage import Outage, pause
from tests.faults.servers import OwnPostgres
from tests.live import prepared

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(400),
]
MUST = "only 503 or served, no partial commit; served again <= 15 s without restarting anything"
MUST_NOT_HANG = "503 within 5 s, /health within 1 s; served again <= 15 s; quiet <= 120 s"


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnPostgres]:
    started = OwnPostgres()
    try:
        template = prepared.POSTGRES.rpartition("/")[0] + f"/{prepared.postgres_template()}"
        started.copy_from(template)
        yield started
    finally:
        started.close()


@pytest.fixture(scope="module")
def running(start_installation, cluster) -> Installation:
    return start_installation(DATABASE_URL=cluster.url)


def judge(installation, hold, name, first, last):
    Outage(name, MUST, first, last).judge(installation, hold)


def test_an_immediate_restart(under_load, cluster, hold):
    first = now()
    cluster.stop("immediate")
    cluster.start()
    judge(under_load, hold, "E6 PostgreSQL restarted (immediate)", first, now())


@full_only
def test_ten_seconds_away(under_load, cluster, hold):
    first = now()
    cluster.stop("fast")
    pause(10)
    cluster.start()
    judge(under_load, hold, "E6 PostgreSQL stopped for 10 s", first, now())


def test_a_server_that_hangs(under_load, cluster, hold):
    """SIGSTOP: every connection stays, and nobody answers on it."""
    first = now()
    cluster.signal(signal.SIGSTOP)
    try:
        with health_beside(under_load) as health:
            pause(at_level(10, 7))
    finally:
        cluster.signal(signal.SIGCONT)
    outage = Outage("E6 PostgreSQL hangs (SIGSTOP)", MUST_NOT_HANG, first, now(), 5)
    outage.judge(under_load, hold, note=f"/health {max(health):.2f} s; ", is_kept=max(health) < 1)


@full_only
def test_a_failover(under_load, cluster, hold):
    """Every connection ends; who answers then takes no writes for a while."""
    first = now()
    with only_read(cluster):
        pause(at_level(15, 6))
    judge(under_load, hold, "E6 failover: connections cut, then only reads", first, now())


@full_only
def test_connections_that_are_cut_again_and_again(under_load, cluster, hold):
    """At any point of a job, as `idle_in_transaction_session_timeout` or an administrator does."""
    first = now()
    with psycopg.connect(cluster.url, autocommit=True) as mine:
        for _ in range(at_level(40, 15)):
            others([mine])
            pause(0.4)
    judge(under_load, hold, "E6 connections cut again and again", first, now())


@contextlib.contextmanager
def only_read(cluster: OwnPostgres) -> Iterator[None]:
    with psycopg.connect(cluster.url, autocommit=True) as mine:
        mine.execute("SET default_transaction_read_only TO off")
        mine.execute("ALTER SYSTEM SET default_transaction_read_only TO on")
        mine.execute("SELECT pg_reload_conf()")
        others([mine])
        try:
            yield
        finally:
            mine.execute("ALTER SYSTEM RESET default_transaction_read_only")
            mine.execute("SELECT pg_reload_conf()")


@contextlib.contextmanager
def health_beside(installation: Installation) -> Iterator[list[float]]:
    """Asks whether the process lives, and leaves how many seconds each answer took."""
    took: list[float] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.25):
            began = time.monotonic()
            httpx.get(installation.urls[0] + "/health", timeout=10).raise_for_status()
            took.append(time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


@full_only
def test_no_connection_left(under_load, cluster, hold):
    first = now()
    with all_taken(cluster):
        pause(10)
    judge(under_load, hold, "E6 connections exhausted for 10 s", first, now())


@contextlib.contextmanager
def all_taken(cluster: OwnPostgres) -> Iterator[None]:
    """Ends everybody else's connections and takes each that is free, until none of theirs is left."""
    mine = [psycopg.connect(cluster.url, autocommit=True)]
    try:
        while others(mine):
            with contextlib.suppress(psycopg.OperationalError):
                while True:
                    mine.append(psycopg.connect(cluster.url, autocommit=True))
        yield
    finally:
        for connection in mine:
            connection.close()


def others(mine: list[psycopg.Connection]) -> int:
    """How many there were to be ended."""
    rows = mine[0].execute(
        b"""select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and pid <> all(%s)""",
        [[connection.info.backend_pid for connection in mine]],
    )
    return len(rows.fetchall())
