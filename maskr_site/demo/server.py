"""A server for the demonstration: the one that already runs on this data, or a child of our own."""

import errno
import subprocess  # noqa: S404
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from django.conf import settings

from maskr_site.demo.steps import DemoFailed
from maskr_site.server import AddressInUse, AlreadyRunning, check_port, lock_data_folder

HOST = "127.0.0.1"
_START_S = 120.0
_STOP_S = 40.0
Note = Callable[[str], None]


def client(port: int, api_key: str = "") -> httpx.Client:
    """Never through a proxy of the environment: the server is on this machine."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return httpx.Client(base_url=address(port), headers=headers, timeout=90, trust_env=False)


def address(port: int) -> str:
    return f"http://{HOST}:{port}"


def port_of(text: str) -> int:
    """Raises DemoFailed for what is no port number."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise DemoFailed(f"PORT must be a number from 1 to 65535, not {text!r}: try PORT=8000.")


def is_ours(port: int, api_key: str) -> bool:
    """Whether a server there accepts the key: then it works on the same database."""
    if not api_key:
        return False
    try:
        with client(port, api_key) as http:
            answer = http.get(f"/v1/jobs/{uuid4()}", timeout=5)
    except httpx.HTTPError:
        return False
    return answer.status_code == 404 and "X-Request-ID" in answer.headers


def check_free(port: int, command: str) -> None:
    """Raises DemoFailed if a server could not start here; `command` is what the user typed."""
    try:
        check_port(HOST, port)
    except AddressInUse as error:
        is_taken = getattr(error.__cause__, "errno", None) == errno.EADDRINUSE
        reason = "is in use" if is_taken else "is not allowed here"
        other = f"PORT={_free_after(port)} {command}"
        raise DemoFailed(f"Port {port} {reason}: choose another one, such as {other}") from error
    if not settings.EMBEDDED:
        return
    try:
        lock_data_folder(settings.VAR_DIR).close()
    except AlreadyRunning as error:
        raise DemoFailed(
            f"A Maskr server already works on {settings.VAR_DIR}, on another port than {port}: "
            "stop it, or give its port as PORT=…"
        ) from error


def _free_after(port: int) -> int:
    for candidate in range(max(port, 1024) + 1, 65536):
        try:
            check_port(HOST, candidate)
        except AddressInUse:
            continue
        return candidate
    return 8000


@contextmanager
def serving(port: int, log: Path, note: Note) -> Iterator[None]:
    """Runs `manage.py serve` until the block ends. Raises DemoFailed if it does not come up."""
    command = [sys.executable, "manage.py", "serve", "--skip-checks"]
    command += ["--host", HOST, "--port", str(port)]
    with log.open("w") as output:
        child = subprocess.Popen(  # noqa: S603  # a fixed program, no shell
            command, cwd=settings.BASE_DIR, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _await_ready(port, child, log, note)
        yield
    finally:
        child.terminate()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()


def _await_ready(port: int, child: "subprocess.Popen[bytes]", log: Path, note: Note) -> None:
    deadline = time.monotonic() + _START_S
    said = ""
    with client(port) as http:
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise DemoFailed(f"The server stopped at once ({_last_line(log)}): see {log}.")
            waiting_for = _missing(http)
            if waiting_for is None:
                return
            if waiting_for != said:
                note(f"waiting for {waiting_for}")
                said = waiting_for
            time.sleep(0.1)
    raise DemoFailed(f"The server was not ready after {_START_S:.0f} s ({said}): see {log}.")


def _missing(http: httpx.Client) -> str | None:
    """What is not ready yet, in words; None when all is."""
    try:
        answer = http.get("/health/ready", timeout=3)
    except httpx.ConnectError:
        return "the process to start"
    except httpx.HTTPError:
        return "the models to warm up"
    if answer.status_code == 200:
        return None
    try:
        parts = answer.json()["parts"]
        return ", ".join(name for name, part in parts.items() if not part["ok"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"an answer other than {answer.status_code}"


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "without a word"
