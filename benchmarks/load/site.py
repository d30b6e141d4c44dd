"""What is loaded: two web processes and a worker on a PostgreSQL database and a Redis of their own."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import processes
from benchmarks.photographs import photograph
from inference import weights
from inference.optimised import FOLDER
from tests.live.front import Front
from tests.live.product import SERVICE, Product, ScratchDatabase, until
from tests.settings import ROOT

NETWORK = "u2netp"
CREDITS = 10_000_000
#: About a megapixel, with the details of a real photograph.
SIZE = (1152, 864)


class Site:
    """A running installation, and the looks into it that the suites need."""

    def __init__(self, product: Product, database: ScratchDatabase, folder: Path) -> None:
        self.product, self.database, self.folder = product, database, folder
        self.photo = photograph(*SIZE)

    @property
    def service(self) -> str:
        return self.product.front + SERVICE

    def accounts(self, count: int) -> list[str]:
        """Keys without a rate limit, of so many accounts."""
        return [self.product.account(CREDITS) for _ in range(count)]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def waiting(self) -> int:
        return int(self.query("SELECT count(*) FROM services_job WHERE state = 'pending'")[0][0])

    def connections(self) -> int:
        """Of everybody to this database, less the one that asks."""
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return int(self.query(asked)[0][0]) - 1

    def processor_s(self) -> dict[str, float]:
        """Seconds of a core that each part has used so far; the driver is this process."""
        of_worker = self.product.worker
        used = {"worker": 0.0, "web": 0.0, "driver": time.process_time()}
        for process in self.product.processes:
            used["worker" if process is of_worker else "web"] += processes.processor_s(process.pid)
        return used

    def has_right_books(self) -> bool:
        """Once nothing is under way: no discrepancy, and every job ended, charged or refunded."""
        unfinished = "SELECT count(*) FROM services_job WHERE state IN ('pending', 'processing')"
        until(lambda: self.query(unfinished)[0][0] == 0, 120)
        states = {state.split()[0] for state in self.product.states()}
        return self.product.audit() == [] and states <= {"completed", "failed"}

    def lost(self, job_ids: list[str]) -> int:
        """How many of the jobs that a client was told are done are not, or have no file."""
        rows = self.query(
            "SELECT id::text, result_name FROM services_job WHERE state = 'completed'"
        )
        files = self.folder / "files"
        kept = {job for job, name in rows if (files / name).is_file()}
        return len({job for job in job_ids if job} - kept)


@contextmanager
def running(**settings: str) -> Iterator[Site]:
    """Serves until the block ends."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="maskr-load-")))
        for name in ("var", "temp"):
            (folder / name).mkdir()
        database = ScratchDatabase()
        closing.callback(database.drop)
        environment = {
            "DATABASE_URL": database.url,
            "BROKER_URL": closing.enter_context(_redis(folder)),
            "TMPDIR": str(folder / "temp"),
            "MASKR_LOG_LEVEL": "WARNING",
            "MASKR_LEASE_SECONDS": "20",
            "MASKR_DB_POOL": "10",  # the default
            "MASKR_MAX_QUEUE_AGE": "7",  # the default
        }
        product = Product(folder / "var", _one_network(folder), **(environment | settings))
        closing.callback(product.close)
        product.worker = product.start("worker")
        product.start("serve", "--port", str(product.port), "--workers", "2")
        until(lambda: product.answers("/health/ready"), 180)
        yield Site(product, database, folder / "var")


@contextmanager
def behind(site: Site, proxy: type[Front]) -> Iterator[Site]:
    """The same processes by way of a proxy with its file of deploy/."""
    # Begun by root, it works as nobody, who keeps there what slow clients have not taken yet.
    site.folder.parent.chmod(0o711)
    front = proxy(site.folder.parent / proxy.program, [site.product.url])
    before, site.product.front = site.product.front, front.url
    try:
        yield site
    finally:
        site.product.front = before
        front.close()


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(20)


def _one_network(folder: Path) -> Path:
    """U2-Netp alone, with the faster graphs of it where `models optimise` has made them."""
    models = Path(os.environ.get("MODELS_DIR", str(ROOT / "var" / "models")))
    source = weights.path_of(NETWORK, models)
    if not source.exists():
        raise RuntimeError("U2-Netp is not installed: make models")
    own = folder / "models"
    own.mkdir()
    (own / source.name).symlink_to(source)
    if (models / FOLDER).is_dir():
        (own / FOLDER).symlink_to(models / FOLDER)
    return own
