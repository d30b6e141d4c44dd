import pytest
from django.core.exceptions import ImproperlyConfigured

from maskr_site.broker import _broker
from maskr_site.checks import check_settings

SECRETS = (
    "SECRET_KEY",
    "MASKR_KEY_PEPPER",
    "MASKR_SIGNING_KEYS",
    "MASKR_WEBHOOK_KEYS",
    "MASKR_FACTOR_KEYS",
)
SQLITE, POSTGRES = "django.db.backends.sqlite3", "django.db.backends.postgresql"


def ids():
    return [message.id for message in check_settings()]


@pytest.fixture
def engine(settings, monkeypatch):
    # In place: a new DATABASES would be a warning, and nothing connects here.
    return lambda name: monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", name)


@pytest.fixture
def several_machines(settings, monkeypatch, engine):
    settings.EMBEDDED = False
    engine(POSTGRES)
    for name in SECRETS:
        monkeypatch.setenv(name, "shared")


def test_embedded_defaults_are_fine(settings, engine):
    settings.EMBEDDED = True
    engine(SQLITE)
    assert ids() == []


def test_several_machines_with_shared_secrets_are_fine(several_machines):
    assert ids() == []


def test_sqlite_beside_a_broker_is_warned_of(several_machines, engine):
    engine(SQLITE)
    assert ids() == ["maskr.W001"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_this_machine_alone_is_warned_of(several_machines, monkeypatch, name):
    monkeypatch.delenv(name)
    assert ids() == ["maskr.W002"]


def test_a_secret_in_a_file_is_shared_too(several_machines, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", "/run/secrets/key")
    assert ids() == []


@pytest.mark.parametrize(
    ("seconds", "found"), [(5, ["maskr.E006"]), (6, []), (600, []), (601, ["maskr.E006"])]
)
def test_a_lease_that_is_renewed_too_late_or_ends_too_late_is_an_error(
    several_machines, settings, seconds, found
):
    settings.LEASE_S = seconds
    assert ids() == found


@pytest.mark.parametrize(("most", "found"), [(1, []), (20, []), (21, ["maskr.E007"])])
def test_more_attempts_than_workers_should_die_of_one_picture_are_an_error(
    several_machines, settings, most, found
):
    settings.MAX_ATTEMPTS = most
    assert ids() == found


def test_an_unknown_quality_is_an_error(several_machines, settings):
    settings.QUALITY = "superb"
    assert ids() == ["maskr.E001"]


def test_a_precision_that_does_not_exist_is_an_error(several_machines, settings):
    settings.PRECISION = "fp8"
    assert ids() == ["maskr.E002"]


def test_selling_without_believing_the_events_is_an_error(several_machines, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "sk_test_x", []
    assert ids() == ["maskr.E003"]


def test_rabbitmq_without_redis_is_an_error(settings):
    settings.BROKER_URL, settings.REDIS_URL = "amqp://localhost/", ""
    assert ids() == ["maskr.E004"]


def test_rabbitmq_with_redis_is_fine(settings):
    settings.BROKER_URL, settings.REDIS_URL = "amqp://localhost/", "redis://localhost/1"
    assert ids() == []


def test_a_broker_of_another_kind_is_refused_by_the_name_of_the_variable():
    with pytest.raises(ImproperlyConfigured, match="BROKER_URL"):
        _broker("kafka://localhost")


def test_a_leak_partners_key_that_is_none_is_an_error(settings):
    settings.LEAK_PARTNER_KEYS = {"key-1": "nonsense"}
    assert "maskr.E005" in ids()
