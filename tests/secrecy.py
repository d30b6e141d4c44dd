"""No key and no secret is ever written down, whatever the suite does.

Every line of the product's logs is read as it is written. After each test that made a secret, so are
its database and its Redis, and at the end the metrics and the cache. A finding fails that test.
"""

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import prometheus_client
import psycopg
import pytest
import redis
from django.conf import settings
from django.core.cache.backends import locmem
from django.db.backends.base.base import BaseDatabaseWrapper
from structlog.stdlib import ProcessorFormatter

from accounts import keys
from services.outgoing import signing

_KEY, _WEBHOOK_SECRET = r"sk-(live|test)-[0-9A-Za-z]{38}", r"whsec_[0-9A-Za-z_-]{40,}"
_SECRET = f"{_KEY}|{_WEBHOOK_SECRET}"
#: What no file, table or answer to a scraper holds.
STORED = re.compile(_SECRET)
# One by one: a pattern that begins with plain letters is looked for many times faster.
_STORED_BYTES = [re.compile(part.encode()) for part in (_KEY, _WEBHOOK_SECRET)]
#: Signed links are stored for replays, but written to no log.
LOGGED = re.compile(rf"{_SECRET}|sig=[0-9a-f]{{16}}")
_SHOWN = 14


class Watch:
    """What was made and what was found since the last report of a test."""

    def __init__(self) -> None:
        self.has_made_secrets = False
        self.findings: list[str] = []

    def read(self, where: str, text: str, pattern: re.Pattern[str] = STORED) -> None:
        if found := pattern.search(text):
            # Cut, so that the report of a leak is not another.
            self.findings.append(f"{where} holds {found[0][:_SHOWN]}…")

    def read_bytes(self, where: str, content: bytes) -> None:
        for pattern in _STORED_BYTES:
            if found := pattern.search(content):
                self.findings.append(f"{where} holds {found[0][:_SHOWN].decode()}…")

    def take(self) -> list[str]:
        found, self.findings, self.has_made_secrets = self.findings, [], False
        return found


watch = Watch()


@pytest.fixture(scope="session", autouse=True)
def watched_for_secrets() -> Iterator[None]:
    """Notices every secret when it is made, and every line when it is written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_generate", _noticed(keys._generate))
        patch.setattr(signing, "_derived", _noticed(signing._derived))
        patch.setattr(ProcessorFormatter, "format", _read(ProcessorFormatter.format))
        yield
    watch.read("metrics", prometheus_client.generate_latest().decode())
    for name, cache in locmem._caches.items():  # type: ignore[attr-defined]
        watch.read_bytes(f"cache {name}", b"\n".join(cache.values()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """A finding fails the test it was made in, at the latest when its fixtures are put away."""
    report: Any = yield
    for title, text in report.sections:
        if "stderr" in title:
            watch.read(title, text, LOGGED)
    if report.when == "teardown" and (found := watch.take()):
        report.outcome = "failed"
        report.longrepr = "a secret was written down: " + "; ".join(sorted(set(found)))
    return report


def read_database(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    """Before the rows of a test go."""
    if not watch.has_made_secrets:
        return
    if connection.needs_rollback:
        return  # the test broke its transaction: nothing can be asked any more, nothing stays
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            _read_postgres(cursor, tables)
    elif isinstance(connection.connection, sqlite3.Connection):
        watch.read_bytes("the database", connection.connection.serialize())


def read_redis() -> None:
    """The counters, leases and messages of this process's own Redis databases."""
    if watch.has_made_secrets:
        for url in {settings.REDIS_URL, settings.BROKER_URL}:
            if url.startswith("redis"):
                # Some tests take it away.
                with suppress(redis.ConnectionError), redis.Redis.from_url(url) as client:
                    _read_redis(client)


def read_files(folder: Path) -> None:
    """The log and the database of a product that ran as processes of its own."""
    for log in folder.glob("*.txt"):
        watch.read(log.name, log.read_text(errors="replace"), LOGGED)
    for database in folder.glob("*.sqlite3*"):
        watch.read_bytes(database.name, database.read_bytes())


def read_postgres(url: str) -> None:
    """All tables of the database of a product that ran as processes of its own."""
    with psycopg.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        if tables := [name for (name,) in cursor.fetchall()]:
            _read_postgres(cursor, tables)


def _noticed(make: Callable[..., str]) -> Callable[..., str]:
    @wraps(make)
    def made(*args: Any) -> str:
        watch.has_made_secrets = True
        return make(*args)

    return made


def _read(write: Callable[..., str]) -> Callable[..., str]:
    @wraps(write)
    def written(formatter: ProcessorFormatter, record: logging.LogRecord) -> str:
        line = write(formatter, record)
        watch.read(f"the log of {record.name}", line, LOGGED)
        return line

    return written


def _read_postgres(cursor: Any, tables: list[str]) -> None:
    # One statement for all: most are empty, and a question for each would take longer than the test.
    looks = (
        f"SELECT '{table}', row::text FROM \"{table}\" row"  # noqa: S608
        for table in tables
    )
    rows = " UNION ALL ".join(looks)
    cursor.execute(
        f"SELECT * FROM ({rows}) AS rows (name, content) WHERE content ~ %s",  # noqa: S608
        [_SECRET],
    )
    for name, content in cursor.fetchall():
        watch.read(f"table {name}", content)


def _read_redis(client: redis.Redis) -> None:
    readers: dict[Any, Callable[[Any], Any]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    for key in client.scan_iter(count=1_000):
        read = readers.get(client.type(key))
        watch.read_bytes("Redis", key + b" " + repr(read(key) if read else "").encode())
