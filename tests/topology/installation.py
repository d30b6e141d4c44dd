"""The installation that the suite talks to, on the test process's own database, Redis and bucket."""

import fcntl
import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.graphs import install_graphs
from tests.inpainting_graphs import write_migan_graph
from tests.live.product import Product, until
from tests.topology import launcher
from tests.topology.client import Wire


class Process(Product):
    """One of its processes, started by the suite's launcher."""

    program = ("-m", "tests.topology.launcher")


class Installation:
    """Two web processes and two workers. Jobs are worked only inside `working()`."""

    def __init__(self, folder: Path) -> None:
        (folder / "var").mkdir()
        models = folder / "models"
        catalogue = install_graphs(models)
        write_migan_graph(models / catalogue["migan"].file_name)
        gate = folder / "gate"
        gate.touch()
        self._gate = gate.open()
        self._close_gate()
        first = Process(folder / "var", models, **_environment(gate))
        self.processes = [first, first.twin()]
        for process in self.processes:
            process.start("worker", "--threads", "2")
            process.start("serve", "--port", str(process.port))
        until(lambda: all(process.answers("/health/ready") for process in self.processes))
        self.wire = Wire([process.url for process in self.processes])

    @contextmanager
    def working(self) -> Iterator[None]:
        """Afterwards no job is in work: who began one has ended it."""
        fcntl.flock(self._gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            self._close_gate()

    def _close_gate(self) -> None:
        fcntl.flock(self._gate, fcntl.LOCK_EX)

    def forget(self) -> None:
        """Both web processes drop what they remember of earlier requests."""
        for address in self.wire.addresses:
            asked = http.client.HTTPConnection(address, timeout=20)
            asked.request("GET", launcher.FORGET)
            assert asked.getresponse().status == 200
            asked.close()

    def close(self) -> None:
        for process in self.processes:
            process.close()
        self._gate.close()


def _environment(gate: Path) -> dict[str, str]:
    database = os.environ["DATABASE_URL"].rpartition("/")[0]
    return {
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        **{name: os.environ[name] for name in ("BROKER_URL", "STORAGE_URL")},
        "SECRET_KEY": settings.SECRET_KEY,
        "MASKR_KEY_PEPPER": ",".join(settings.KEY_PEPPERS),
        "MASKR_SIGNING_KEYS": ",".join(settings.SIGNING_KEYS),
        "MASKR_WEBHOOK_KEYS": ",".join(settings.WEBHOOK_KEYS),
        "MASKR_FACTOR_KEYS": ",".join(settings.FACTOR_KEYS),
        "MASKR_ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "MASKR_ORT_THREADS": "1",
        # As in the test process: its tests say when a queue is too old.
        "MASKR_MAX_QUEUE_AGE": str(settings.MAX_QUEUE_AGE_S),
        "MASKR_LEASE_SECONDS": str(settings.LEASE_S),
        # Emptying the database makes the workers unknown for some seconds after each test.
        "MASKR_NO_WORKER_SECONDS": "100000",
        launcher.GATE: str(gate),
    }
