"""One line a request, and the same ids on all lines of a request and its job."""

import json

import pytest
import structlog
from structlog.testing import LogCapture

from services import jobs
from services.models import Job


@pytest.fixture
def lines():
    """Every structured event of this process, in order, with what was bound when it was told."""
    capture, before = LogCapture(), structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, capture],
        cache_logger_on_first_use=False,
    )
    yield capture.entries
    structlog.configure(**before)


def told(lines, event):
    return [line for line in lines if line["event"] == event]


@pytest.fixture(autouse=True)
def _fresh_loggers(monkeypatch):
    """Loggers keep the processors of their first use; these ones take those of the test."""
    from maskr_site import access
    from services import job_log

    for module in (access, job_log):
        monkeypatch.setattr(module, "logger", structlog.get_logger(module.__name__))


def test_a_request_is_one_line(client, lines):
    client.get("/health")
    assert [line["event"] for line in lines] == ["request"]


def test_the_line_says_what_was_asked_and_what_came_of_it(client, lines):
    client.get("/health")
    (line,) = lines
    found = line["method"], line["path"], line["route"], line["status"], line["bytes_out"]
    assert found == ("GET", "/health", "/health", 200, len(b'{"status": "ok"}'))


def test_the_line_says_how_long_it_took(client, lines):
    client.get("/health")
    assert 0 < lines[0]["ms"] < 5000


def test_the_line_has_the_id_of_the_answer(client, lines):
    response = client.get("/health", headers={"X-Request-ID": "mine-1"})
    assert lines[0]["request_id"] == response["X-Request-ID"] == "mine-1"


def test_the_query_is_not_told(client, lines):
    client.get("/health?api_key=sk-live-secret&name=carol")
    assert "secret" not in json.dumps(lines) and "carol" not in json.dumps(lines)


def test_the_key_is_told_by_its_fingerprint(alice, no_worker, lines):
    alice.post(prefer="respond-async")
    (line,) = told(lines, "request")
    assert (line["key"], line["account_id"]) == (alice.key.fingerprint, alice.user.pk)
    assert alice.plaintext not in json.dumps(lines)


def test_a_refused_key_is_nobodys(alice, lines):
    alice.api.get("/v1/jobs/5049f344-65fa-4c0f-a6b9-e95ea6b7a041", headers={"Authorization": "x"})
    (line,) = told(lines, "request")
    assert (line["status"], "key" in line, "account_id" in line) == (401, False, False)


def test_a_signed_in_person_is_told_by_account(client, django_user_model, lines):
    user = django_user_model.objects.create_user("carol@example.com")
    client.force_login(user)
    client.get("/account/keys/")
    (line,) = told(lines, "request")
    assert (line["account_id"], "carol" in json.dumps(lines)) == (user.pk, False)


def test_nothing_of_a_request_is_left_for_the_next_one(alice, client, no_worker, lines):
    alice.post(prefer="respond-async")
    client.get("/health")
    assert not {"key", "account_id", "job_id"} & set(told(lines, "request")[-1])


def test_the_line_of_a_request_names_its_job(alice, no_worker, lines):
    alice.post(prefer="respond-async")
    assert told(lines, "request")[0]["job_id"] == str(Job.objects.get().pk)


def test_the_line_of_a_job_has_the_ids_of_its_request(alice, worker, lines):
    response = alice.post()
    (line,) = told(lines, "job_ended")
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["account_id"], line["outcome"]) == (alice.user.pk, "completed")


def test_the_line_of_a_job_says_what_it_took(alice, worker, lines):
    alice.post()
    (line,) = told(lines, "job_ended")
    assert line["engine"] == "u2netp" and {"decode", "network", "encode"} <= set(line["stages_ms"])


def test_a_failed_job_tells_why(alice, no_worker, lines):
    alice.post(prefer="respond-async")
    jobs.cancel(Job.objects.get(), error="x")
    assert told(lines, "job_ended")[0]["outcome"] == "cancelled"


def test_a_server_error_is_a_warning(client, lines, monkeypatch, db):
    client.raise_request_exception = False
    monkeypatch.setattr("maskr_site.status.views._histories", lambda: 1 / 0)
    client.get("/status")
    (line,) = told(lines, "request")
    assert (line["status"], line["log_level"]) == (500, "warning")


@pytest.mark.parametrize("length", ["", "x", "-1", "1e9"])
def test_a_nonsensical_length_is_no_error(client, lines, length):
    client.get("/health", CONTENT_LENGTH=length)
    assert lines[0]["status"] == 200


def test_a_503_that_we_chose_to_give_is_no_second_line(client, db, caplog):
    assert client.get("/health/ready").status_code == 503
    assert [record for record in caplog.records if record.name == "django.request"] == []


def test_a_request_by_a_name_that_is_not_ours_is_no_error(client, db, caplog):
    assert client.get("/", headers={"Host": "scanner.example"}).status_code == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
