"""An exception reaches the Sentry server, and nothing that a customer sent goes along."""

import gzip
import json
import logging
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sentry_sdk
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler

from maskr_site import error_reports
from tests.extras import extra
from tests.settings import ROOT

KEY = "sk-live-" + "aB3" * 12 + "xy"
#: Of an error, a message, and a count of requests.
_KINDS = {"exception", "logentry", "aggregates"}
LOCAL = "a-picture-in-a-local-variable"
SESSION, EMAIL = "a-session", "carol@example.com"
QUERY = f"api_key={KEY}&email={EMAIL}"


@pytest.fixture
def reports():
    """What a Sentry server on this machine received, event by event; reports are on."""
    received: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            lines = [json.loads(line) for line in body.decode().splitlines() if line]
            received.extend(line for line in lines if _KINDS & line.keys())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args):
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    error_reports.begin(f"http://public@127.0.0.1:{server.server_port}/1")
    yield received
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def broken(client, monkeypatch, db):
    """Asks a page that fails, with secrets wherever a request can have them."""

    def fail():
        picture = LOCAL  # noqa: F841  # what a traceback with variables would show
        raise ValueError(f"could not use {KEY}")

    def ask():
        client.raise_request_exception = False
        monkeypatch.setattr("maskr_site.status.views._histories", fail)
        client.cookies["sessionid"] = SESSION
        headers = {"Authorization": f"Bearer {KEY}", "X-Request-ID": "mine-1", "X-Api-Key": KEY}
        return client.get(f"/status?{QUERY}", headers=headers)

    return ask


def sent(reports):
    sentry_sdk.flush(10)
    return reports


def test_an_exception_arrives(reports, broken):
    assert broken().status_code == 500
    (event,) = sent(reports)
    assert event["exception"]["values"][-1]["type"] == "ValueError"


def test_it_says_where_it_happened(reports, broken):
    broken()
    (event,) = sent(reports)
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert (frames[-1]["function"], event["transaction"]) == ("fail", "/status")


def test_of_a_request_only_its_kind_goes_along():
    request = {
        "method": "POST",
        "url": f"https://maskr.example/v2?{QUERY}",
        "query_string": QUERY,
        "headers": {"X-Api-Key": KEY, "Content-Type": "image/png"},
        "data": LOCAL,
        "cookies": {"sessionid": SESSION},
    }
    found = error_reports.scrub({"request": request, "user": {"email": EMAIL}}, {})
    kept = {"method": "POST", "url": "https://maskr.example/v2"}
    assert found["request"] == kept | {"headers": {"Content-Type": "image/png"}}
    assert "user" not in found


def test_it_has_the_id_by_which_the_log_has_the_rest(reports, broken):
    broken()
    assert sent(reports)[0]["tags"]["request_id"] == "mine-1"


@pytest.mark.parametrize("secret", [KEY, EMAIL, SESSION, "api_key", LOCAL])
def test_no_secret_goes_along(reports, broken, secret):
    broken()
    assert sent(reports) and secret not in json.dumps(reports)


def test_no_variable_goes_along(reports, broken):
    broken()
    (event,) = sent(reports)
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert not any("vars" in frame for frame in frames)


def test_an_error_that_is_only_logged_arrives(reports):
    try:
        raise RuntimeError(f"with {KEY}")
    except RuntimeError:
        with structlog.contextvars.bound_contextvars(job_id="j-1"):
            logging.getLogger("services.jobs").exception("job %s failed", "j-1")
    (event,) = sent(reports)
    assert (event["tags"]["job_id"], KEY in json.dumps(event)) == ("j-1", False)


def test_requests_that_went_well_are_not_counted_there(reports, rf, transactional_db):
    application: Any = WSGIHandler()
    application(rf.get("/health").environ, lambda *_: None).close()
    client: Any = sentry_sdk.get_client()
    client.session_flusher.flush()
    assert sent(reports) == []


def test_a_503_that_we_chose_to_give_is_no_error(reports):
    logging.getLogger("django.request").error("Service Unavailable: /health/ready")
    assert sent(reports) == []


def test_a_warning_is_no_error(reports):
    logging.getLogger("services.jobs").warning("nothing much")
    assert sent(reports) == []


def test_without_an_address_nothing_is_reported():
    error_reports.begin("")
    assert sentry_sdk.get_client().dsn is None


def test_an_address_that_is_none_is_refused_without_showing_it():
    with pytest.raises(ImproperlyConfigured) as refused:
        error_reports.begin("nonsense-with-a-key")
    assert "nonsense" not in str(refused.value)


def test_a_missing_library_is_named_as_it_is_to_be_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentry_sdk", None)
    (wanted,) = extra("sentry")
    with pytest.raises(ImproperlyConfigured, match=re.escape(f"pip install '{wanted}'.")):
        error_reports.begin("http://public@127.0.0.1:1/1")


def test_what_is_installed_in_production_can_report():
    assert re.search(r"^sentry-sdk==", (ROOT / "requirements.lock").read_text(), re.M)
