"""No key, signature or password reaches a log, whichever way it comes."""

import io
import json
import logging
import logging.config

import pytest
import structlog

from maskr_site.logs import logging_config

KEY = "sk-live-" + "aB3" * 12 + "xy"
SIGNATURE = "0123456789abcdef" * 4


@pytest.fixture(params=["console", "json"])
def log(request):
    """A logger with the product's own formatter, and what it wrote."""
    config = logging_config("INFO", request.param)["formatters"]["structured"]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger = logging.getLogger("tests.site.logs")
    logger.addHandler(handler)
    yield logger, written
    logger.removeHandler(handler)


SECRETS = {
    "a key": (f"key {KEY} refused", KEY),
    "a test key": (f"{KEY.replace('live', 'test')}", KEY.replace("live", "test")),
    "a cut key": (f"began with {KEY[:20]}", KEY[:20]),
    "a signature": (f"/v1/files/x?expires=1&sig={SIGNATURE}&a=b", SIGNATURE),
    "a database password": ("postgres://maskr:hush@db/x", "hush"),
    "a broker password": ("redis://:hush@queue:6379/0", "hush"),
    "storage keys": ("s3://AKIA:hush@bucket", "hush"),
    "a reset of a password": ("/accounts/password/reset/key/3-d0gzm2-4f1c/", "3-d0gzm2-4f1c"),
    "a confirmation of an address": ("/accounts/confirm-email/MQ:1vM2x:q3Zk/", "MQ:1vM2x:q3Zk"),
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_masks_it_in_a_message(log, text, secret):
    logger, written = log
    logger.warning(text)
    assert secret not in written.getvalue()


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_masks_it_in_an_argument(log, text, secret):
    logger, written = log
    logger.warning("seen: %s", text)
    assert secret not in written.getvalue()


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_masks_it_in_a_traceback(log, text, secret):
    logger, written = log
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("failed")
    assert secret not in written.getvalue()


def test_masks_it_deep_in_an_event(log):
    _, written = log
    structlog.get_logger("tests.site.logs").warning("seen", headers={"all": [("a", KEY)]})
    assert KEY not in written.getvalue()


def test_leaves_the_rest_of_the_line(log):
    logger, written = log
    logger.warning("GET /v1/files/x?expires=1&sig=%s&a=b", SIGNATURE)
    assert "expires=1&sig=[masked]&a=b" in written.getvalue()


def test_json_is_one_object_a_line():
    config = logging_config("INFO", "json")["formatters"]["structured"]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    record = logging.LogRecord("x", logging.INFO, "f", 1, "two\nlines", None, None)
    assert json.loads(formatter.format(record))["event"] == "two\nlines"


@pytest.mark.parametrize(
    "path",
    [
        '/sig=a", "account_id": 7, "b": "',
        '/accounts/password/reset/key/a", "status": 200, "b": "',
        '/accounts/confirm-email/a"b',
        'x://a:b"c@d ://a\\":b@',
        "/sig=a\\",
        "/sig=\udc80\x00\u2028\n",
    ],
)
def test_nobody_writes_fields_of_their_own_by_what_is_masked(path):
    config = logging_config("INFO", "json")["formatters"]["structured"]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (path,), None)
    told = json.loads(formatter.format(record))
    assert list(told) == ["event", "logger", "level", "timestamp"]


@pytest.fixture(autouse=True)
def _structlog_as_before():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_cuts_an_address_of_any_length(log):
    logger, written = log
    wrapped = structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    wrapped.warning("request", path="/" + "1" * 5000, user_agent="2" * 5000)
    assert len(written.getvalue()) < 1000


CONTROLS = "\x1b[2J \x00 \x0b \x0c \r\n \x85 \u2028 \u202e"


def obeyed(written: str) -> list[str]:
    """The characters of a line that no reader may be shown."""
    return [sign for sign in written.removesuffix("\n") if not sign.isprintable()]


def test_no_message_moves_a_cursor_or_begins_a_line(log):
    logger, written = log
    logger.warning("seen: %s", CONTROLS)
    assert obeyed(written.getvalue()) == []


@pytest.mark.parametrize("name", ["path", "user_agent", "event"])
def test_no_field_moves_a_cursor_or_begins_a_line(log, name):
    logger, written = log
    wrapped = structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    wrapped.warning(**{"event": "request", name: CONTROLS.replace(" ", "").replace("\r\n", "")})
    assert obeyed(written.getvalue()) == []


def test_a_traceback_keeps_its_lines_and_no_other_control(log):
    logger, written = log
    try:
        raise ValueError("\x1b[2J\u2028")
    except ValueError:
        logger.exception("failed")
    assert set(obeyed(written.getvalue())) <= {"\n"}
