"""The port on which workers tell their metrics: the same rule as at /metrics."""

import os
import socket
import subprocess
import sys

import pytest

from maskr_site.metrics import folder, worker_port
from tests.live.product import until
from tests.settings import ROOT

TOKEN = "a-token-of-the-operator"


@pytest.fixture
def ask():
    """Status and body of a request to the application of that port."""

    def ask(path="/metrics", authorization="", address="127.0.0.1", **headers):
        told: dict[str, str] = {}
        environ = {"PATH_INFO": path, "HTTP_AUTHORIZATION": authorization, "REQUEST_METHOD": "GET"}
        environ |= {"REMOTE_ADDR": address, **headers}
        body = worker_port.application(environ, lambda status, _: told.update(status=status))
        return told["status"], b"".join(body)

    return ask


def test_tells_the_counters(ask):
    status, body = ask()
    assert (status, b"maskr_jobs_ended_total" in body) == ("200 OK", True)


def test_has_nothing_else(ask):
    assert ask("/")[0] == "404 Not Found"


def test_with_a_token_it_must_be_given(ask, settings):
    settings.METRICS_TOKEN = TOKEN
    found = [ask(authorization=f"Bearer {given}")[0][:3] for given in (TOKEN, "other", "")]
    assert found == ["200", "404", "404"]


@pytest.mark.parametrize("address", ["10.0.0.7", "2001:db8::1", ""])
def test_without_a_token_it_is_there_for_this_machine_only(ask, address):
    assert ask(address=address)[0] == "404 Not Found"


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:9191", "127.0.0.1@x", ""])
def test_without_a_token_it_is_not_there_by_a_strangers_name(ask, host):
    assert ask(HTTP_HOST=host)[0] == "404 Not Found"


@pytest.mark.parametrize("host", ["127.0.0.1:9191", "localhost", "[::1]:9191"])
def test_without_a_token_it_is_there_by_the_names_of_the_installation(ask, settings, host):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    assert ask(HTTP_HOST=host)[0] == "200 OK"


def test_without_a_token_it_is_not_there_for_what_a_proxy_of_this_machine_passes_on(ask):
    assert ask(HTTP_X_FORWARDED_FOR="203.0.113.7")[0] == "404 Not Found"


def test_with_a_token_any_name_will_do(ask, settings):
    settings.METRICS_TOKEN = TOKEN
    answer = ask(authorization=f"Bearer {TOKEN}", HTTP_HOST="worker.example")
    assert answer[0] == "200 OK"


def test_with_a_token_it_may_be_asked_for_from_elsewhere(ask, settings):
    settings.METRICS_TOKEN = TOKEN
    assert ask(authorization=f"Bearer {TOKEN}", address="10.0.0.7")[0] == "200 OK"


@pytest.fixture
def listening(tmp_path):
    """The port of a real process."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    surroundings = {"MASKR_VAR_DIR": str(tmp_path), "MASKR_METRICS_PORT": str(port)}
    code = "from maskr_site.metrics.worker_port import serve; serve()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | surroundings
    )
    until(lambda: process.poll() is not None or accepts("127.0.0.1", port))
    yield port
    process.terminate()
    process.wait()


def accepts(address, port):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def test_without_a_token_too_a_probe_by_another_address_sees_that_it_listens(listening):
    assert accepts("127.0.0.2", listening)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="This machine has IPv4 alone")
def test_a_probe_by_an_address_of_ipv6_sees_that_it_listens(listening):
    socket.create_connection(("::1", listening), timeout=5).close()


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, "")  # put back as it was afterwards
    monkeypatch.delenv(folder.VARIABLE)
    return tmp_path


def test_a_lone_process_shares_nothing(var):
    assert folder.is_shared() is False


def test_a_folder_is_made_and_named_to_the_library(var, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, "")
    folder.prepare(var, "serve-8000")
    assert (var / "metrics" / "serve-8000").is_dir() and folder.is_shared()


def test_what_an_earlier_server_counted_is_gone(var, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, "")
    folder.prepare(var, "serve-8000")
    (var / "metrics" / "serve-8000" / "counter_1.db").touch()
    folder.prepare(var, "serve-8000")
    assert list((var / "metrics" / "serve-8000").iterdir()) == []
