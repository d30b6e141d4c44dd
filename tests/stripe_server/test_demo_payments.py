"""`MASKR_DEMO_PAYMENTS=1 manage.py serve`: refused where it could do harm, gone with the server."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from maskr_site import demo_payments
from tests.live import prepared
from tests.racing import until

ROOT = Path(__file__).resolve().parents[2]


def is_listening(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) == 0


@pytest.fixture
def no_keys(monkeypatch) -> None:
    for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "STRIPE_API_BASE"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_refused_without_debug(settings, no_keys):
    settings.DEBUG = False
    with pytest.raises(demo_payments.DemoPaymentsRefused, match="needs DEBUG=1"):
        demo_payments.refuse_unless_harmless()


def test_it_is_refused_beside_a_key_of_ones_own(settings, no_keys, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_own")
    with pytest.raises(demo_payments.DemoPaymentsRefused, match="STRIPE_SECRET_KEY is set"):
        demo_payments.refuse_unless_harmless()


def test_it_is_harmless_on_a_machine_of_ones_own(settings, no_keys):
    settings.DEBUG = True
    demo_payments.refuse_unless_harmless()


class Demo:
    """`manage.py serve` over a folder of its own, told on its standard output where it is."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        settings = {"MASKR_VAR_DIR": str(folder), "MODELS_DIR": str(folder / "models")}
        everything = kept | settings | {"MASKR_DEMO_PAYMENTS": "1"} | environment
        prepared.copy_folder(folder, with_database=True)
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log.txt"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(port)],
                cwd=ROOT,
                env=everything,
                stdout=log,
                stderr=log,
            )

    def payments(self) -> str:
        """The address of the stand-in, once it has told it."""
        until(lambda: "Demonstration payments on" in self.log.read_text(), 60)
        return self.log.read_text().split("Demonstration payments on ")[1].split(": ")[0]

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).is_success
        except httpx.TransportError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(60)


@pytest.fixture
def demo(tmp_path) -> Iterator[Demo]:
    running = Demo(tmp_path, DEBUG="1")
    yield running
    if running.process.poll() is None:
        running.stop()


def test_the_server_says_so_without_debug(tmp_path):
    demo = Demo(tmp_path, DEBUG="0")
    assert demo.process.wait(60) != 0
    assert "needs DEBUG=1" in demo.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_stand_in_ends_with_the_server(demo, number):
    payments = demo.payments()
    until(demo.is_up, 60)
    demo.stop(number)
    until(lambda: not is_listening(payments))


def test_its_webhooks_are_taken_by_the_server(demo):
    """The server was begun with the secret that the stand-in signs with."""
    payments = demo.payments()
    until(demo.is_up, 60)
    httpx.post(f"{payments}/_test/wait", json={}, timeout=30)
    attempts = httpx.post(f"{payments}/_test/attempts", json={}).json()
    assert {attempt["status"] for attempt in attempts if attempt["status"]} == {200}
