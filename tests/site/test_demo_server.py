"""What the demonstration says about ports and servers before it starts one."""

import json
import socket

import pytest
from django.core.management import call_command

from maskr_site.demo import server
from maskr_site.demo.steps import DemoFailed
from maskr_site.server import lock_data_folder


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind((server.HOST, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind((server.HOST, 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("text", ["1", "8000", "65535"])
def test_takes_a_port_number(text):
    assert server.port_of(text) == int(text)


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80a", "8000 ", "٨"])
def test_says_what_a_port_is(text):
    with pytest.raises(DemoFailed, match="PORT must be a number from 1 to 65535"):
        server.port_of(text)


def test_names_another_port_when_one_is_taken(taken_port):
    with pytest.raises(DemoFailed, match=rf"Port {taken_port} is in use.*PORT=\d+ make demo$"):
        server.check_free(taken_port, "make demo")


def test_says_so_when_another_server_has_the_data(settings, tmp_path, free_port):
    settings.VAR_DIR, settings.EMBEDDED = tmp_path, True
    with (
        lock_data_folder(tmp_path),
        pytest.raises(DemoFailed, match="already works on .*, on another port"),
    ):
        server.check_free(free_port, "make up")


def test_leaves_the_data_unlocked(settings, tmp_path, free_port):
    settings.VAR_DIR, settings.EMBEDDED = tmp_path, True
    server.check_free(free_port, "make up")
    lock_data_folder(tmp_path).close()


def test_nothing_that_answers_is_not_ours(free_port):
    assert not server.is_ours(free_port, "sk-live-x")


def test_a_missing_key_is_not_asked_about(taken_port):
    assert not server.is_ours(taken_port, "")


@pytest.mark.django_db(transaction=True)
def test_make_up_says_that_this_data_is_served_there_already(
    live_server, alice, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    account = {"email": "a@b.example", "password": "x", "api_key": alice.plaintext}
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "account.json").write_text(json.dumps(account))
    port = live_server.url.rpartition(":")[2]
    with pytest.raises(SystemExit, match=f"serves on http://127.0.0.1:{port} already"):
        call_command("prepare", "--port", port)
