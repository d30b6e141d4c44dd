"""Settings that would do harm: each is refused by its name before anything is served."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.settings import ROOT

ROTATED = ("MASKR_KEY_PEPPER", "MASKR_SIGNING_KEYS", "MASKR_WEBHOOK_KEYS", "MASKR_FACTOR_KEYS")


@pytest.mark.parametrize("name", ROTATED)
def test_a_list_of_secrets_without_a_secret_is_refused_by_name(read, name):
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**{name: ","})


def test_a_broker_in_the_last_database_leaves_none_for_limits_and_says_so(read):
    with pytest.raises(ImproperlyConfigured, match="BROKER_URL .* MASKR_REDIS_URL"):
        read(BROKER_URL="redis://queue:6379/15")


def test_a_mail_server_of_another_kind_is_not_taken_for_one(read):
    with pytest.raises(Exception, match="EMAIL_URL begins with smtp://"):
        read(EMAIL_URL="imap://mail.example.com")


@pytest.mark.parametrize("name", ["MASKR_LEASE_SECONDS", "MASKR_MAX_PIXELS", "MASKR_WEB_THREADS"])
def test_names_the_variable_that_is_no_number(read, name):
    with pytest.raises(Exception, match=name):
        read(**{name: "many"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MASKR_WEB_THREADS", "0"),
        ("MASKR_WORKER_THREADS", "-1"),
        ("MASKR_MAX_ATTEMPTS", "0"),
        ("MASKR_TRUSTED_PROXIES", "-1"),
        ("MASKR_NO_WORKER_SECONDS", "0"),
        ("MASKR_MIN_UPLOAD_RATE", "0"),
        ("MASKR_RETENTION_HOURS", "-1"),
        ("MASKR_RETENTION_HOURS", "99999999999"),
        ("MASKR_WEBHOOK_DAYS", "0"),
        ("MASKR_URL_TTL", "0"),
        ("MASKR_URL_TTL", "1" + "0" * 18),
        ("MASKR_NO_WORKER_SECONDS", "1" + "0" * 18),
        ("MASKR_SYNC_TIMEOUT", "1" + "0" * 18),
        ("MASKR_WEB_THREADS", "1" + "0" * 18),
        ("MASKR_WORKER_THREADS", "1" + "0" * 18),
        ("MASKR_MAX_PIXELS", "9" * 400),
        ("MASKR_MAX_UPLOAD_BYTES", "9" * 400),
        ("MASKR_METRICS_PORT", "70000"),
        ("MASKR_LOG_FORMAT", "xml"),
        ("MASKR_LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://u:p@db/x"),
        ("BROKER_URL", "redis://queue:6379/first"),
        ("BROKER_URL", "http://queue"),
        ("MASKR_REDIS_URL", "http://cache"),
        ("PUBLIC_URL", "maskr.example"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://example.com/maskr"),
        ("PUBLIC_URL", "https://maskr.example?a=b"),
        ("PUBLIC_URL", "https://maskr.example/#top"),
        ("PUBLIC_URL", "https://me:hush@maskr.example"),
        ("PUBLIC_URL", "https://maskr example"),
        ("PUBLIC_URL", "https://müller.example"),
        ("MASKR_VAR_DIR", ""),
        ("MODELS_DIR", ""),
        ("MASKR_STATIC_DIR", ""),
        ("MASKR_STATIC_DIR", "/"),
        ("MASKR_STATIC_DIR", str(ROOT)),
        ("STORAGE_URL", "file://srv/files"),
        ("STORAGE_URL", "s3://[bucket"),
        ("STORAGE_URL", "s3://bucket?endpoint=http://127.0.0.1:9000"),
        ("STORAGE_URL", "s3://bucket?endpoint_url=minio:9000"),
        ("STORAGE_URL", "s3://bucket?endpoint_url=minio"),
        ("STORAGE_URL", "s3://bucket?endpoint_url=http://"),
        ("STORAGE_URL", "s3://bucket?endpoint_url=http://minio:90000"),
        ("STORAGE_URL", "s3://key@bucket"),
        ("STORAGE_URL", "s3://:secret@bucket"),
        ("MASKR_WEBHOOK_NETWORKS", "10.0.0.1/8"),
        ("MASKR_LEAK_PARTNER_KEYS", '["key"]'),
        ("MASKR_LEAK_PARTNER_KEYS", '{"partner": 1}'),
        ("MASKR_VAR_DIR", "/dev/null"),
    ],
)
def test_a_value_that_would_do_harm_is_refused_by_name(read, name, text):
    with pytest.raises((ImproperlyConfigured, ValueError), match=name):
        read(**{name: text})


def test_what_is_kept_is_not_where_the_published_files_lie(read, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="MASKR_STATIC_DIR must be a folder of its own"):
        read(MASKR_STATIC_DIR=str(tmp_path / "var"))


def test_no_part_of_a_password_with_a_slash_is_told(read):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(BROKER_URL="redis://maskr:hush/hush@queue:6379/0")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["https://maskr.example", "maskr.example:8000", "maskr.example/api", "::1", "a b"]
)
def test_what_is_no_host_is_refused_by_the_name_of_its_setting(read, host):
    with pytest.raises(ImproperlyConfigured, match=f"MASKR_ALLOWED_HOSTS: {host} is no host"):
        read(MASKR_ALLOWED_HOSTS=f"maskr.example, {host}")


@pytest.mark.parametrize(
    "text", ["nonsense", "Maskr <no-reply>", "Maskr no-reply@a.example", "a@b, c@d", "@a", "a@"]
)
def test_a_sender_that_is_none_is_refused_by_the_name_of_its_setting(read, text):
    with pytest.raises(ImproperlyConfigured, match="MASKR_FROM_EMAIL must be an address"):
        read(MASKR_FROM_EMAIL=text)


def test_a_file_that_is_no_text_is_refused_by_the_name_of_its_variable(read, tmp_path):
    (tmp_path / "key").write_bytes(b"\xff\x00")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        read(SECRET_KEY_FILE=str(tmp_path / "key"))
