"""What the environment makes of the settings; each case reads the module anew."""

import logging
import os
import resource

import pytest
from django.core.exceptions import ImproperlyConfigured

from maskr_site import env


def test_needs_nothing_to_be_set(read):
    settings = read()
    assert (settings["EMBEDDED"], settings["DEBUG"]) == (True, False)


def test_keeps_everything_in_one_folder(read, tmp_path):
    settings = read()
    location = settings["STORAGES"]["default"]["OPTIONS"]["location"]
    assert (settings["MODELS_DIR"], location) == (
        tmp_path / "var" / "models",
        str(tmp_path / "var" / "files"),
    )


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "KEY_PEPPERS", "SIGNING_KEYS", "WEBHOOK_KEYS", "FACTOR_KEYS"]
)
def test_makes_a_secret_once_and_keeps_it(read, name):
    assert read()[name] == read()[name]


ROTATED = {
    "MASKR_KEY_PEPPER": "KEY_PEPPERS",
    "MASKR_SIGNING_KEYS": "SIGNING_KEYS",
    "MASKR_WEBHOOK_KEYS": "WEBHOOK_KEYS",
    "MASKR_FACTOR_KEYS": "FACTOR_KEYS",
}
LISTS = {
    "MASKR_OLD_SECRET_KEYS": "SECRET_KEY_FALLBACKS",
    "STRIPE_WEBHOOK_SECRETS": "STRIPE_WEBHOOK_SECRETS",
    "MASKR_ALLOWED_HOSTS": "ALLOWED_HOSTS",
    "ORT_PROVIDERS": "ORT_PROVIDERS",
}


@pytest.mark.parametrize(("variable", "name"), [*ROTATED.items(), *LISTS.items()])
@pytest.mark.parametrize("text", ["new,old", "new, old", " new ,old,", ",new,,old"])
def test_spaces_and_commas_too_many_make_no_item(read, variable, name, text):
    assert read(**{variable: text})[name] == ["new", "old"]


@pytest.mark.parametrize(("variable", "name"), LISTS.items())
def test_a_comma_alone_is_as_if_nothing_were_set(read, variable, name):
    assert read(**{variable: ","})[name] == read(**{variable: ""})[name]


def test_networks_may_stand_apart(read):
    networks = read(MASKR_WEBHOOK_NETWORKS="10.0.0.0/8, 10.1.0.0/16")["WEBHOOK_NETWORKS"]
    assert [str(network) for network in networks] == ["10.0.0.0/8", "10.1.0.0/16"]


def test_makes_different_secrets(read):
    settings = read()
    names = ("KEY_PEPPERS", "SIGNING_KEYS", "WEBHOOK_KEYS", "FACTOR_KEYS")
    lists = [secret for name in names for secret in settings[name]]
    assert len({settings["SECRET_KEY"], *lists}) == 5


def test_a_kept_secret_is_for_its_owner_only(read, tmp_path):
    read()
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "var" / "secrets").iterdir()}
    assert modes == {0o600}


def test_leaves_no_draft_of_a_secret(read, tmp_path):
    read()
    assert len(list((tmp_path / "var" / "secrets").iterdir())) == 5


def test_a_secret_that_is_kept_is_read_without_writing_anything(read, tmp_path):
    """On a full disk nothing could be written."""
    read()
    folder = tmp_path / "var" / "secrets"
    os.utime(folder, (1, 1))
    read()
    assert folder.stat().st_mtime == 1


@pytest.fixture
def full_disk():
    """No file may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_secret_that_cannot_be_written_is_told_with_its_place(tmp_path):
    with pytest.raises(ImproperlyConfigured, match=f"A_SECRET: {tmp_path}/a_secret: "):
        env.secret("A_SECRET", tmp_path)


@pytest.mark.usefixtures("full_disk")
def test_a_secret_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(ImproperlyConfigured):
        env.secret("A_SECRET", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_several_machines_seal_second_factors_with_no_key_of_their_own(read):
    assert read(BROKER_URL="redis://127.0.0.1:1/0")["FACTOR_KEYS"] == []


def test_the_key_of_second_factors_stays_where_a_queue_server_is_added(read):
    made = read()["FACTOR_KEYS"]
    assert read(BROKER_URL="redis://127.0.0.1:1/0")["FACTOR_KEYS"] == made


def test_takes_a_secret_from_the_environment(read):
    assert read(SECRET_KEY="given")["SECRET_KEY"] == "given"


def test_takes_a_secret_from_a_file(read, tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    assert read(SECRET_KEY_FILE=str(tmp_path / "secret"))["SECRET_KEY"] == "from a file"


def test_reads_several_signing_keys_the_first_of_which_signs(read):
    assert read(MASKR_SIGNING_KEYS="new,old")["SIGNING_KEYS"] == ["new", "old"]


def test_a_public_https_address_makes_cookies_and_transport_strict(read):
    settings = read(PUBLIC_URL="https://api.example.com/")
    strict = settings["SESSION_COOKIE_SECURE"], settings["SECURE_HSTS_SECONDS"] > 0
    assert (settings["PUBLIC_URL"], strict) == ("https://api.example.com", (True, True))


def test_hosts_below_the_public_one_may_be_left_out_of_it(read):
    names = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SESSION_COOKIE_SECURE")
    settings = read(PUBLIC_URL="https://example.com", MASKR_HSTS_SUBDOMAINS="false")
    assert [settings[name] for name in names] == [False, False, True]


def test_a_public_address_is_an_allowed_host(read):
    assert "api.example.com" in read(PUBLIC_URL="https://api.example.com")["ALLOWED_HOSTS"]


def test_plain_http_at_home_sets_no_strict_transport(read):
    assert read()["SECURE_HSTS_SECONDS"] == 0


def test_trusts_no_proxy_unless_told(read):
    assert "SECURE_PROXY_SSL_HEADER" not in read()


def test_sqlite_takes_its_lock_when_a_transaction_begins(read):
    assert read()["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_postgresql_gets_a_pool(read):
    settings = read(DATABASE_URL="postgres://u:p@db/x", MASKR_DB_POOL="7")
    assert settings["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 7


def test_limits_and_cache_use_the_database_after_the_brokers(read):
    settings = read(BROKER_URL="redis://queue:6379/3")
    assert (settings["EMBEDDED"], settings["REDIS_URL"]) == (False, "redis://queue:6379/4")


def test_a_broker_in_the_last_database_goes_with_limits_that_are_named(read):
    settings = read(BROKER_URL="redis://queue/15", MASKR_REDIS_URL="redis://queue/16")
    assert settings["REDIS_URL"] == "redis://queue/16"


def test_limits_and_cache_can_have_a_server_of_their_own(read):
    settings = read(BROKER_URL="redis://queue/0", MASKR_REDIS_URL="redis://cache/5")
    assert settings["CACHES"]["default"]["LOCATION"] == "redis://cache/5"


def test_without_a_mail_server_nobody_waits_for_a_mail(read):
    assert read()["ACCOUNT_EMAIL_VERIFICATION"] == "none"


def test_with_a_mail_server_addresses_are_confirmed(read):
    settings = read(EMAIL_URL="smtp://user:pass@mail.example.com:587/?tls=True")
    found = settings["ACCOUNT_EMAIL_VERIFICATION"], settings["EMAIL_HOST"]
    assert found == ("mandatory", "mail.example.com")


def test_files_lie_in_the_folder_also_where_it_is_named_from_here(read, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    location = read(MASKR_VAR_DIR="here and #there")["STORAGES"]["default"]["OPTIONS"]["location"]
    assert location == str(tmp_path / "here and #there" / "files")


def test_where_larger_pictures_are_allowed_they_are_so_in_base64(read):
    settings = read(MASKR_MAX_UPLOAD_BYTES="90000000")
    assert settings["DATA_UPLOAD_MAX_MEMORY_SIZE"] > 120_000_000


def test_a_level_of_the_log_may_be_written_small(read):
    assert read(MASKR_LOG_LEVEL="warning")["LOGGING"]["root"]["level"] == logging.WARNING


@pytest.mark.parametrize(
    "host", ["maskr.example", ".maskr.example", "*", "10.0.0.1", "[fd00::1]", "Maskr-Web"]
)
def test_a_host_is_taken_as_django_compares_it(read, host):
    assert read(MASKR_ALLOWED_HOSTS=host)["ALLOWED_HOSTS"] == [host]


def test_a_public_address_of_numbers_is_answered(read):
    assert "[fd00::1]" in read(PUBLIC_URL="http://[fd00::1]:8000")["ALLOWED_HOSTS"]


@pytest.mark.parametrize(
    "text",
    ["a@b.example", "Maskr <no-reply@mailhost>", "Müller <a@b.example>", "a@münchen.example"],
)
def test_a_sender_may_have_a_name_and_a_host_of_the_house(read, text):
    assert read(MASKR_FROM_EMAIL=text)["DEFAULT_FROM_EMAIL"] == text
