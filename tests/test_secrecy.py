"""What reads along for secrets finds them wherever one could lie."""

import io
import logging

import prometheus_client
import psycopg
import pytest
import redis
import structlog
from django.conf import settings
from django.db import connection

from accounts import keys
from services.outgoing import endpoints, signing
from tests import secrecy
from tests.live.product import ScratchDatabase
from tests.needs import REDIS

KEY = f"sk-live-{'a' * 38}"


@pytest.fixture
def watch(monkeypatch) -> secrecy.Watch:
    """One of its own, so that what is found here fails nothing."""
    monkeypatch.setattr(secrecy, "watch", secrecy.Watch())
    return secrecy.watch


@pytest.fixture
def unmasked():
    """A logger that writes whatever it is told."""
    logger = logging.getLogger("tests.unmasked")
    formatter = structlog.stdlib.ProcessorFormatter(processor=structlog.processors.JSONRenderer())
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text", [KEY, KEY.replace("live", "test"), f"whsec_{'-' * 43}", f"/v1/files/1?sig={'0' * 64}"]
)
def test_a_secret_in_a_log_line_is_found(watch, unmasked, text):
    unmasked.warning("it says %s", text)
    assert len(watch.take()) == 1


def test_a_finding_does_not_repeat_the_secret(watch, unmasked):
    unmasked.warning(KEY)
    assert KEY not in watch.take()[0]


def test_what_the_product_masks_is_fine(watch):
    logging.getLogger("tests.masked").warning("%s and whsec_%s", KEY, "a" * 43)
    assert watch.take() == []


def test_making_a_key_is_noticed(alice):
    secrecy.watch.has_made_secrets = False
    keys.create(alice.user, "another")
    assert secrecy.watch.has_made_secrets


def test_making_a_webhook_secret_is_noticed(alice):
    endpoint = endpoints.create(alice.user, "https://shop.example/", ["job.failed"])
    secrecy.watch.has_made_secrets = False
    signing.secret_of(endpoint)
    assert secrecy.watch.has_made_secrets


def test_a_key_in_a_table_is_found(alice, watch):
    watch.has_made_secrets = True
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA secure_delete = ON")  # nothing of it is left for later tests
    named, _ = keys.create(alice.user, KEY)
    secrecy.read_database(connection, ["accounts_apikey", "accounts_user"])
    named.delete()
    assert len(watch.take()) == 1


@pytest.mark.postgres
def test_a_key_in_the_database_of_a_product_is_found(watch):
    scratch = ScratchDatabase()
    with psycopg.connect(scratch.url, autocommit=True) as database:
        database.execute("CREATE TABLE told AS SELECT %s::text AS word", [KEY])
    scratch.drop()
    assert len(watch.take()) == 1


def test_a_key_that_is_stored_as_its_digest_is_fine(alice, watch):
    watch.has_made_secrets = True
    secrecy.read_database(connection, ["accounts_apikey", "accounts_user"])
    assert watch.take() == []


@pytest.mark.redis
def test_a_key_in_redis_is_found(watch, monkeypatch):
    monkeypatch.setattr(settings, "REDIS_URL", REDIS)
    name = "maskr-tests-secrecy"
    with redis.Redis.from_url(REDIS) as client:
        client.hset(name, "field", KEY)
        watch.has_made_secrets = True
        secrecy.read_redis()
        client.delete(name)
    assert watch.take() != []


def test_no_secret_is_among_the_metrics(watch):
    watch.read("metrics", prometheus_client.generate_latest().decode())
    assert watch.take() == []


def test_the_files_of_a_product_are_read(watch, tmp_path):
    (tmp_path / "log.txt").write_text(f"GET /?key={KEY}")
    (tmp_path / "db.sqlite3").write_bytes(b"\0" + KEY.encode())
    secrecy.read_files(tmp_path)
    assert len(watch.take()) == 2
