"""A migrated SQLite file with the static files, and a migrated PostgreSQL database: made once a run.

Every product under test begins with a copy, which takes no time where the migrations take seconds.
"""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import psycopg

from tests.settings import ROOT

POSTGRES = os.environ.get("MASKR_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def surroundings() -> dict[str, str]:
    """What a process needs of this one's environment, and nothing that would configure it."""
    return {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }


def copy_folder(to: Path, *, with_database: bool) -> None:
    """Puts static files, and the database where it is a file, into a data folder."""
    for folder in [_collected(), _migrated()] if with_database else [_collected()]:
        shutil.copytree(folder, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("secrets"))


@cache
def postgres_template() -> str:
    """The name of a database to be copied by CREATE DATABASE … TEMPLATE. Raises psycopg.Error."""
    name = f"maskr_template_{secrets.token_hex(4)}"
    execute(f'CREATE DATABASE "{name}"')
    atexit.register(execute, f'DROP DATABASE "{name}" WITH (FORCE)')
    with tempfile.TemporaryDirectory() as folder:
        _manage(Path(folder), "migrate", DATABASE_URL=POSTGRES.rpartition("/")[0] + f"/{name}")
    return name


def execute(statement: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement.encode())


@cache
def _collected() -> Path:
    folder = _folder()
    _manage(folder, "collectstatic", "--noinput")
    return folder


@cache
def _migrated() -> Path:
    folder = _folder()
    _manage(folder, "migrate")
    return folder


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="maskr-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _manage(folder: Path, *arguments: str, **environment: str) -> None:
    command = [sys.executable, "manage.py", *arguments, "-v0"]
    variables = surroundings() | {"MASKR_VAR_DIR": str(folder)} | environment
    subprocess.run(command, cwd=ROOT, env=variables, check=True, timeout=110)
