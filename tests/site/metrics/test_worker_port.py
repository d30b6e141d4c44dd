"""The port on which workers tell their metrics: the same rule as at /metrics."""

import pytest

from maskr_site.metrics import folder, worker_port

TOKEN = "a-token-of-the-operator"


@pytest.fixture
def ask():
    """Status and body of a request to the application of that port."""

    def ask(path="/metrics", authorization=""):
        told: dict[str, str] = {}
        environ = {"PATH_INFO": path, "HTTP_AUTHORIZATION": authorization, "REQUEST_METHOD": "GET"}
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


def test_listens_on_this_machine_only_unless_a_token_guards_it(settings):
    without = worker_port.host_to_bind()
    settings.METRICS_TOKEN = TOKEN
    assert (without, worker_port.host_to_bind()) == ("127.0.0.1", "0.0.0.0")  # noqa: S104


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
