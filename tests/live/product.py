"""The product as real processes on free ports, over the real U2-Netp and a folder of its own."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import httpx

from tests import secrecy
from tests.live import prepared
from tests.live.commands import Commands
from tests.live.prepared import POSTGRES
from tests.pictures import picture
from tests.settings import ROOT

SERVICE = "/v1/services/background-removal"


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Looks again and again; fails when the time is up."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class Product:
    """Settings of one installation, and the processes started with them."""

    program: tuple[str, ...] = ("manage.py",)

    def __init__(self, folder: Path, models: Path, **environment: str) -> None:
        self._take_port()
        self.log = folder / "log.txt"
        self.environment = (
            prepared.surroundings()
            | {
                "MASKR_VAR_DIR": str(folder),
                "MODELS_DIR": str(models),
                "MASKR_LEASE_SECONDS": "6",
                # Installations of several tests run at once, on a server that takes a hundred.
                "MASKR_DB_POOL": "6",
                "MASKR_MAX_QUEUE_AGE": "60",  # these tests are not of overload, on however slow a machine
                **environment,
            }
        )
        self.worker: subprocess.Popen[bytes] | None = None
        self.processes: list[subprocess.Popen[bytes]] = []
        self._commands: Commands | None = None
        prepared.copy_folder(folder, with_database="DATABASE_URL" not in environment)

    def _take_port(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = self.front = f"http://127.0.0.1:{self.port}"

    def twin(self) -> "Product":
        """The same installation on another port: more processes for it."""
        other = copy(self)
        other._take_port()
        other.processes = []
        other._commands = None
        return other

    def behind(self, url: str) -> "Product":
        """The same processes, asked by way of a proxy; they go on listening where they do."""
        self.front = url
        return self

    def manage(self, *arguments: str) -> str:
        if self._commands and self._commands.environment != self.environment:
            self._end_commands()
        self._commands = self._commands or Commands(self.environment)
        return self._commands.run(*arguments)

    def _end_commands(self) -> None:
        if self._commands:
            self._commands.close()
        self._commands = None

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, *self.program, *arguments]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that a kill reaches its children and nobody else
            )
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        server = self.start("serve", "--port", str(self.port))
        until(lambda: server.poll() is not None or self.answers("/health"))
        return server

    def answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def account(self, credits: int) -> str:
        email = f"{secrets.token_hex(4)}@example.com"
        out = self.manage(
            "create_account", email, "--credits", str(credits), "--unlimited", "--json"
        )
        return str(json.loads(out)["api_key"])

    def send(self, key: str, data: bytes | None = None, **headers: str) -> httpx.Response:
        return httpx.post(
            self.front + SERVICE,
            headers={"Authorization": f"Bearer {key}", **headers},
            files={"file": ("photo.png", data or picture())},
            timeout=120,
        )

    def send_many(self, key: str, count: int, clients: int, **headers: str) -> Counter[str]:
        """What came back, counted: the status, with the job's state where there is one."""

        def one(_: int) -> str:
            try:
                response = self.send(key, None, **headers)
            except httpx.TransportError as error:
                return type(error).__name__
            state = response.json().get("status", "") if response.status_code == 200 else ""
            return f"{response.status_code} {state}".strip()

        with ThreadPoolExecutor(clients) as pool:
            return Counter(pool.map(one, range(count)))

    def audit(self) -> list[object]:
        return list(json.loads(self.manage("audit_credits", "--json"))["discrepancies"])

    def states(self) -> Counter[str]:
        """Jobs by state, with what they were charged."""
        code = (
            "from services.models import Job; import json;"
            "print(json.dumps(list(Job.objects.values_list('state', 'charged'))))"
        )
        rows = json.loads(self.manage("shell", "-v0", "-c", code))
        return Counter(f"{state} {charged}" for state, charged in rows)

    def kill(self, process: subprocess.Popen[bytes] | None) -> None:
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        self._end_commands()
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)
        secrecy.read_files(self.log.parent)


class ScratchDatabase:
    """A migrated PostgreSQL database that lasts as long as the test."""

    def __init__(self) -> None:
        self.name = f"maskr_live_{secrets.token_hex(4)}"
        prepared.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{prepared.postgres_template()}"')
        self.url = POSTGRES.rpartition("/")[0] + f"/{self.name}"

    def drop(self) -> None:
        secrecy.read_postgres(self.url)
        prepared.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')
