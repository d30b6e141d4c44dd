"""The invariants I1 to I9, looked at from outside: by SQL that only reads, by files and by HTTP.

Nothing here uses the product's own models: what it believes about its data is what is to be tested.
"""

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from tests.faults.journal import Download, Journal
from tests.faults.kept import kept_files
from tests.live.product import Product

#: No job may be unfinished for longer once everything is back.
QUIET_WITHIN_S = 120.0

_ALWAYS = {
    "I1 balance = sum of the ledger": """
        select a.id from billing_creditaccount a
        left join billing_ledgerentry l on l.account_id = a.id
        group by a.id having a.balance <> coalesce(sum(l.amount), 0)""",
    "I2 balance not negative": "select id from billing_creditaccount where balance < 0",
    "I3 one charge for each job, none for failed ones": """
        select j.id from services_job j
        left join billing_ledgerentry l on l.job = j.id and l.kind <> 'return'
        group by j.id, j.state, j.price
        having coalesce(sum(l.amount), 0) <> case j.state when 'failed' then 0 else -j.price end""",
    "I3 no charge without a job": """
        select l.job from billing_ledgerentry l left join services_job j on j.id = l.job
        where l.job is not null and j.id is null""",
}
_AFTERWARDS = {
    "I3 completed jobs tell their price": """
        select id from services_job where state = 'completed' and charged <> price""",
    "I6 no job unfinished": """
        select id from services_job where state not in ('completed', 'failed')""",
    "I7 one effect for each key": """
        select account_id, key from billing_ledgerentry group by 1, 2 having count(*) > 1""",
    "I7 no purchase gives more than was bought": """
        select p.id from billing_purchase p join billing_ledgerentry l on l.purchase_id = p.id
        where l.kind in ('purchase', 'subscription')
        group by p.id having sum(l.amount) > p.credits""",
    "I7 one purchase for each checkout": """
        select session from billing_purchase where session <> ''
        group by session having count(*) > 1""",
}
_UNFINISHED = b"""select 1 from services_job
    where state not in ('completed', 'failed') and created_at < %s limit 1"""
_FILES = """select id::text, state, input_name, companion_name, result_name, result_bytes
    from services_job where purged_at is null"""
_TELLTALE = re.compile(r"Traceback|File \"|psycopg|SELECT |INSERT |UPDATE |/usr/|/tmp/|\.py\b")  # noqa: S108


def inspect(product: Product, journal: Journal) -> list[str]:
    """A sentence for each violation, once the installation is quiet."""
    url = product.environment["DATABASE_URL"]
    wait_until_quiet(url)
    with reading(url) as connection:
        found = _asked(connection, _ALWAYS | _AFTERWARDS)
        found += _told(connection, journal)
        files = _misplaced(connection, product)
        found += _denied(connection, journal)
    return found + files + _lost(product, journal) + _talkative(journal)


def wait_until_quiet(
    url: str, within_s: float = QUIET_WITHIN_S, *, asked_before: datetime | None = None
) -> float:
    """Seconds until no job (of those asked for before) is unfinished.

    Gives up in silence, since I6 says so afterwards.
    """
    moment = asked_before or datetime.max.replace(tzinfo=UTC)
    began = time.monotonic()
    pause = threading.Event()
    while (passed := time.monotonic() - began) < within_s:
        with reading(url) as connection:
            if not connection.execute(_UNFINISHED, [moment]).fetchall():
                break
        pause.wait(0.2)
    return passed


@contextlib.contextmanager
def reading(url: str) -> Iterator[psycopg.Connection]:
    """One transaction that sees one moment and can change nothing."""
    with psycopg.connect(url, connect_timeout=3) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


class Watch:
    """Looks at I1 to I3 every second; `looks` counts those that the database answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.looks = 0
        self.violations: list[str] = []
        self._stop = threading.Event()

    def go_on(self) -> None:
        while not self._stop.wait(1.0):
            # An experiment may have taken the database away.
            with contextlib.suppress(psycopg.OperationalError), reading(self.url) as connection:
                self.violations += _asked(connection, _ALWAYS)
                self.looks += 1

    def stop(self) -> None:
        self._stop.set()


@contextlib.contextmanager
def watch(product: Product) -> Iterator[Watch]:
    """Watches while the block runs, and fails at its end when anything was wrong meanwhile."""
    watching = Watch(product.environment["DATABASE_URL"])
    thread = threading.Thread(target=watching.go_on)
    thread.start()
    try:
        yield watching
    finally:
        watching.stop()
        thread.join()
    assert watching.violations == []


def _asked(connection: psycopg.Connection, questions: dict[str, str]) -> list[str]:
    return [
        f"{name}: {' '.join(map(str, row))}"
        for name, sql in questions.items()
        for row in connection.execute(sql.encode()).fetchall()
    ]


def _told(connection: psycopg.Connection, journal: Journal) -> list[str]:
    """I4 and I5: what clients were told of a job is what its rows say."""
    rows = connection.execute(
        b"""select j.id::text, j.state, coalesce(-sum(l.amount), 0)::int from services_job j
        left join billing_ledgerentry l on l.job = j.id and l.kind <> 'return'
        group by j.id, j.state"""
    )
    known = {job: (state, taken) for job, state, taken in rows.fetchall()}
    found = []
    for work in journal.works:
        state, taken = known.get(work.job_id, ("nowhere", 0))
        if work.state in ("completed", "failed") and work.state != state:
            found.append(f"I4 told {work.state}, is {state}: {work.job_id}")
        if work.credits is not None and round(work.credits * 100) != taken:
            found.append(f"I5 told {work.credits}, taken {taken / 100}: {work.job_id}")
    return found


def _denied(connection: psycopg.Connection, journal: Journal) -> list[str]:
    """I3 as customers see it: whoever was told that nothing was charged was charged nothing."""
    told = [s.request_id for s in journal.seen if "not charged" in s.body and not s.idempotency_key]
    rows = connection.execute(
        b"""select j.id, j.request_id from services_job j join billing_ledgerentry l on l.job = j.id
        where j.request_id = any(%s) group by j.id having sum(l.amount) <> 0""",
        [told],
    )
    return [f"I3 told of no charge: job {job}, request {name}" for job, name in rows.fetchall()]


def _lost(product: Product, journal: Journal) -> list[str]:
    """I4: everything fetched can be fetched again and is what it was."""
    with httpx.Client(verify=False, trust_env=False) as client:  # noqa: S501 - loopback, no TLS
        return [wrong for one in journal.downloads if (wrong := _fetched(client, product, one))]


def _fetched(client: httpx.Client, product: Product, download: Download) -> str:
    path = download.url[download.url.index("/v1/files/") :]
    response = client.get(product.url + path, timeout=60)
    if response.status_code != 200:
        return f"I4 {response.status_code} instead of the result: {download.job_id}"
    if hashlib.sha256(response.content).hexdigest() != download.sha256:
        return f"I4 another result than before: {download.job_id}"
    return ""


def _misplaced(connection: psycopg.Connection, product: Product) -> list[str]:
    """I8: files that nothing names are younger than an hour; nothing that is named is missing."""
    rows = connection.execute(_FILES.encode()).fetchall()
    limit = time.time() - 3600
    there = kept_files(product)
    old = [name for name in _unnamed(there, rows) if there[name].written_at < limit]
    missing = [
        job
        for job, state, _, _, result, size in rows
        if state == "completed" and (result not in there or there[result].size != size)
    ]
    return [f"I8 no row: {name}" for name in old] + [f"I8 no result: {job}" for job in missing]


def orphans(product: Product) -> list[str]:
    """Files that no row names, however young: what the daily sweep will find in an hour."""
    there = kept_files(product)
    with reading(product.environment["DATABASE_URL"]) as connection:
        return _unnamed(there, connection.execute(_FILES.encode()).fetchall())


def _unnamed(there: Iterable[str], rows: list[tuple[Any, ...]]) -> list[str]:
    names = {name for row in rows for name in row[2:5] if name}
    return [name for name in there if name not in names]


def _talkative(journal: Journal) -> list[str]:
    """I9: what is answered in trouble tells nothing of the inside."""
    return [
        f"I9 {seen.status} tells of the inside: {seen.body[:200]}"
        for seen in journal.seen
        if seen.status >= 500 and _TELLTALE.search(seen.body)
    ]
