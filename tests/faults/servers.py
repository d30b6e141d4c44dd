"""Servers of the suite's own, to be stopped, killed and filled without harm to anybody else."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import redis

from benchmarks.load import processes
from tests.live.product import until
from tests.needs import need

#: Few, to be taken away quickly.
MAX_CONNECTIONS = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class OwnRedis:
    """A Redis server on a port of its own, without persistence: killed, it comes back empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.limits_url = f"redis://127.0.0.1:{self.port}/1"
        self.start()

    def start(self) -> None:
        program = shutil.which("redis-server")
        if not program:
            need("redis-server", "not installed")
        self.process = subprocess.Popen(
            [
                str(program),
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
            ],
            stdout=subprocess.DEVNULL,
        )
        until(self.answers, 20)

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=3, socket_connect_timeout=3)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()


class OwnPostgres:
    """A cluster in a folder of its own, as durable as a real one, on a port of its own."""

    def __init__(self, primary: "OwnPostgres | None" = None) -> None:
        """With a primary its standby, which follows it until somebody promotes it."""
        # Not below pytest's folder, which the server's account may not enter.
        folder = Path(tempfile.mkdtemp(prefix="maskr-cluster-"))
        self.folder = folder / "data"
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._become_owner(folder)
        if primary:
            self._run("pg_basebackup", "-R", "-c", "fast", "--no-sync", "-d", primary.url)
        else:
            self._run("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        listening = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
            f" -c max_connections={MAX_CONNECTIONS}"
        )
        self._run("pg_ctl", "-w", "-o", listening, "-l", str(self.folder / "log.txt"), "start")

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def signal(self, number: signal.Signals) -> None:
        """To all of its processes, those of its connections included."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        for pid in list(processes.of_tree(first)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def copy_from(self, url: str) -> None:
        """Fills the cluster's database with all that another one holds: sooner than migrating."""
        dump = subprocess.run(
            [_program("pg_dump"), url], check=True, timeout=60, capture_output=True
        )
        restore = [_program("psql"), "--quiet", "--set", "ON_ERROR_STOP=1", self.url]
        subprocess.run(
            restore, input=dump.stdout, check=True, timeout=60, stdout=subprocess.DEVNULL
        )

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder.parent)

    def _become_owner(self, folder: Path) -> None:
        """PostgreSQL refuses to run as root: its folder belongs to the account of its package."""
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user is None:
            return
        try:
            owner = pwd.getpwnam(self.user)
        except KeyError:
            need("PostgreSQL's programs", "no account named postgres to run them")
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        command = [_program(program), "-D", str(self.folder), *arguments]
        subprocess.run(
            command, check=True, timeout=60, user=self.user, cwd=self.folder.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _program(name: str) -> str:
    """Debian keeps the server's programs outside the path, a folder for each version."""
    found = shutil.which(name) or max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default="")
    if not found:
        need("PostgreSQL's programs", f"no {name}")
    return str(found)
