"""SIGKILL at every statement of a delivery; the next delivery finds it as it was left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.product import ScratchDatabase

ROOT = Path(__file__).resolve().parents[2]


def deaths(database_url: str, folder: Path) -> list[dict[str, object]]:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "MASKR_VAR_DIR": str(folder),
        "MASKR_LOG_LEVEL": "ERROR",
    }
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "tests.billing.killed"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory) -> list[dict[str, object]]:
    folder = tmp_path_factory.mktemp("killed")
    return deaths(f"sqlite:///{folder / 'killed.sqlite3'}", folder)


@pytest.fixture
def on_postgres(tmp_path) -> list[dict[str, object]]:
    scratch = ScratchDatabase()
    try:
        return deaths(scratch.url, tmp_path)
    finally:
        scratch.drop()


def test_every_death_ends_in_one_grant(on_sqlite):
    assert {death["balance"] for death in on_sqlite} == {100}


def test_every_redelivery_is_taken(on_sqlite):
    assert {death["status"] for death in on_sqlite} == {200}


def test_some_deaths_lie_between_storing_and_processing(on_sqlite):
    assert sum(bool(death["was_killed"] and death["was_stored"]) for death in on_sqlite) >= 5


def test_some_deaths_lie_before_storing(on_sqlite):
    assert any(not death["was_stored"] for death in on_sqlite)


@pytest.mark.postgres
def test_every_death_on_postgresql_ends_in_one_grant(on_postgres):
    assert {death["balance"] for death in on_postgres} == {100}
