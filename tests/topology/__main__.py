"""Starts a Redis and an S3 server for one run of the suite over HTTP, and runs it."""

import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import buckets

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("MASKR_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
SUITE = ("tests/services/test_*.py", "tests/services/dialects")


def main(arguments: list[str]) -> int:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else it tells every request
    with redis_server() as broker, buckets.storage() as storage:
        # Its own name: another run at the same time must not take this one's tables.
        database = POSTGRES.rpartition("/")[0] + f"/maskr_topology_{secrets.token_hex(4)}"
        environment = {
            "DATABASE_URL": database,
            "BROKER_URL": broker,
            "STORAGE_URL": storage,
            "MASKR_OVER_HTTP": "1",
            "MASKR_VAR_DIR": str(ROOT / ".cache" / "test-var-topology"),
        }
        command = [
            *(sys.executable, "-m", "pytest", "-p", "tests.topology.plugin"),
            *("-p", "no:randomly", "-p", "no:xdist"),  # one installation, and one after the other
            *(arguments or suite()),
        ]
        return subprocess.run(command, cwd=ROOT, env=surroundings() | environment).returncode


def suite() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for name in SUITE for path in ROOT.glob(name))


def surroundings() -> dict[str, str]:
    """This process's environment without what would configure the product in another way."""
    others = ("MASKR_REDIS_URL", "PUBLIC_URL", "DEBUG", "PYTEST_XDIST_WORKER")
    return {name: value for name, value in os.environ.items() if name not in others}


@contextmanager
def redis_server() -> Iterator[str]:
    program = shutil.which("redis-server")
    if not program:
        sys.exit("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
