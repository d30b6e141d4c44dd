"""E6: PostgreSQL restarts at once, stays away, and has no connection left. Its own cluster."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from tests.faults.inspector import watch
from tests.faults.installation import Installation
from tests.faults.journal import now
from tests.faults.level import full_only
from tests.faults.outage import BACK_WITHIN_S, during, pause, quiet_again, served_again
from tests.faults.servers import OwnPostgres
from tests.live import prepared
from tests.live.product import until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(400),
]
MUST = "only 503 or served, no partial commit; served again <= 15 s without restarting anything"


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


@pytest.fixture
def under_load(installation):
    driver = installation.driver()
    with watch(installation.first), driver.steady(4, pause_s=0.05):
        until(lambda: any(seen.is_done for seen in installation.journal.seen))
        yield installation


def judge(installation, hold, name, first, last):
    quiet_s = quiet_again(installation)
    recovered_s = served_again(installation, last)
    away = during(installation, first, last)
    hold(
        name,
        MUST,
        f"{away}; served again after {recovered_s:.1f} s, quiet after {quiet_s:.0f} s",
        recovered_s <= BACK_WITHIN_S and quiet_s <= 120 and installation.journal.faults == [],
    )


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
