"""A real server for a benchmark: embedded defaults, a folder and a port of its own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
_START_LIMIT_S = 120.0


@dataclass(frozen=True)
class Product:
    """Where it listens, and the key of an account without rate limit."""

    url: str
    api_key: str


@contextlib.contextmanager
def running(**settings: str) -> Iterator[Product]:
    """Serves until the block ends, with `settings` in its environment. Raises RuntimeError when it does not become ready."""
    with tempfile.TemporaryDirectory() as folder:
        models = os.environ.get("MODELS_DIR", str(ROOT / "var" / "models"))
        environment = os.environ | {
            "MASKR_VAR_DIR": folder,
            "MODELS_DIR": models,
            "MASKR_LOG_LEVEL": "ERROR",
            **settings,
        }
        for name in ("DATABASE_URL", "BROKER_URL", "STORAGE_URL"):
            environment.pop(name, None)
        _manage(environment, "migrate", "-v0")
        account = json.loads(
            _manage(
                environment,
                *("create_account", "bench@example.com", "--credits", "1000000"),
                *("--unlimited", "--json"),
            )
        )
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, server)
            yield Product(url, account["api_key"])
        finally:
            server.terminate()
            server.wait(timeout=60)


def _manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("the server ended before it was ready")
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(f"{url}/health/ready")
            if answer.status_code == 200 and _is_warm(answer.json()):
                return
        time.sleep(0.2)
    raise RuntimeError(f"the server was not ready within {_START_LIMIT_S:.0f} s")


def _is_warm(ready: dict[str, Any]) -> bool:
    """Whether no installed network is still being loaded and timed beside the requests."""
    models = ready["parts"]["models"]["engines"]["models"].values()
    return all(model["loaded"] for model in models if model["installed"] and "loaded" in model)
