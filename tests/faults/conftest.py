"""Installations to break, inspected after every experiment."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.faults import table
from tests.faults.inspector import watch
from tests.faults.installation import Installation, Starter
from tests.faults.shop import shared_shop, shop
from tests.faults.table import hold
from tests.live.conftest import u2netp_only
from tests.live.product import ScratchDatabase, until
from tests.needs import need

__all__ = ["hold", "shared_shop", "shop", "u2netp_only"]


@pytest.fixture(scope="module")
def start_installation(tmp_path_factory, u2netp_only) -> Iterator[Starter]:
    """`start_installation(NAME="value", …)`: with DATABASE_URL, on that one; else on a scratch one."""
    with ExitStack() as closing:

        def start(**environment: str) -> Installation:
            url = environment.pop("DATABASE_URL", None) or scratch(closing)
            folder = tmp_path_factory.mktemp("faults")
            started = Installation(folder, u2netp_only, url, **environment)
            closing.callback(started.close)
            return started

        yield start


def scratch(closing: ExitStack) -> str:
    try:
        database = ScratchDatabase()
    except psycopg.Error as error:
        need("PostgreSQL", str(error))
    closing.callback(database.drop)
    return database.url


@pytest.fixture(scope="session")
def running(tmp_path_factory, u2netp_only) -> Iterator[Installation]:
    """One for all files of tests; a file that needs other settings has its own of this name."""
    with ExitStack() as closing:
        folder = tmp_path_factory.mktemp("faults")
        started = Installation(folder, u2netp_only, scratch(closing))
        closing.callback(started.close)
        yield started


@pytest.fixture
def installation(running: Installation, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Whole again before each experiment; afterwards I1 to I9 must hold."""
    running.begin()
    yield running
    running.revive()
    violations = running.inspect()
    table.note_inspection(request.node, violations)
    running.end()
    assert violations == []


@pytest.fixture
def under_load(installation: Installation) -> Iterator[Installation]:
    """Four customers ask without a pause, and the first of them was served."""
    driver = installation.driver()
    with watch(installation.first), driver.steady(4, pause_s=0.05):
        until(lambda: any(seen.is_done for seen in installation.journal.seen))
        yield installation
