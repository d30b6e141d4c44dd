"""Secrets of second factors, encrypted at rest."""

import io
import json
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import sealing
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, CODE, SET_UP = (
    "/accounts/login/",
    "/accounts/2fa/authenticate/",
    "/accounts/2fa/totp/activate/",
)


@pytest.fixture(autouse=True)
def _one_key(settings):
    settings.FACTOR_KEYS = ["first"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def unsealed(alice, settings) -> str:
    """The secret of Alice's app, written by code that sealed nothing; with recovery codes."""
    settings.FACTOR_KEYS = []
    made = app_of(alice)
    RecoveryCodes.activate(alice)
    settings.FACTOR_KEYS = ["first"]
    return made


@pytest.fixture
def secret(alice) -> str:
    return app_of(alice)


def app_of(user) -> str:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(user, made := generate_totp_secret())
    return made


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def held() -> str:
    """All that the database has of second factors."""
    return json.dumps(list(Authenticator.objects.values_list("data", flat=True)))


def after_signing_in(code: str) -> Client:
    client = Client()
    client.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD})
    client.post(CODE, {"code": code})
    return client


def gets_in_by(code: str) -> bool:
    return after_signing_in(code).get("/account/keys/").status_code == 200


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("seal_factors", *arguments, stdout=out)
    return out.getvalue()


def test_the_secret_of_an_app_does_not_lie_in_the_database(secret):
    assert secret not in held()


def test_the_database_with_another_key_opens_nothing(secret, settings):
    settings.FACTOR_KEYS = ["of somebody else"]
    with pytest.raises(sealing.Unreadable):
        sealing.opened(Authenticator.objects.get().data["secret"])


def test_the_same_secret_is_sealed_differently_each_time():
    assert sealing.seal("secret") != sealing.seal("secret")


def test_a_sealed_secret_that_was_changed_is_not_opened():
    sealed = sealing.seal("secret")
    with pytest.raises(sealing.Unreadable):
        sealing.opened(sealed[:-6] + "AAAAAA")


def test_a_sealed_app_leads_in(secret):
    assert gets_in_by(code_of(secret))


def test_a_sealed_recovery_code_leads_in(alice, secret):
    assert gets_in_by(RecoveryCodes.activate(alice).generate_codes()[0])


def test_what_recovery_codes_are_made_of_is_sealed(alice, secret):
    RecoveryCodes.activate(alice)
    seed = Authenticator.objects.get(type="recovery_codes").data["seed"]
    assert seed.startswith(sealing.MARK)


def test_an_app_of_before_leads_in(unsealed):
    assert gets_in_by(code_of(unsealed))


def test_another_secret_key_locks_nobody_out(secret, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    assert gets_in_by(code_of(secret))


def test_another_pepper_locks_nobody_out(secret, settings):
    settings.KEY_PEPPERS = ["another"]
    assert gets_in_by(code_of(secret))


def test_a_new_key_in_front_locks_nobody_out(secret, settings):
    settings.FACTOR_KEYS = ["second", "first"]
    assert gets_in_by(code_of(secret))


def test_the_old_key_may_go_once_all_is_sealed_anew(secret, settings):
    settings.FACTOR_KEYS = ["second", "first"]
    sealing.seal_all()
    settings.FACTOR_KEYS = ["second"]
    assert gets_in_by(code_of(secret))


def test_without_the_key_signing_in_says_that_the_operator_has_to_know(secret, settings):
    settings.FACTOR_KEYS = ["second"]
    client = Client()
    client.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD})
    answer = client.post(CODE, {"code": code_of(secret)})
    assert "Please tell the operator" in answer.content.decode()


def test_without_any_key_secrets_are_kept_as_they_are(alice, settings):
    settings.FACTOR_KEYS = []
    assert app_of(alice) in held()


class TestSealingWhatIsThere:
    def test_seals_apps_and_recovery_codes_of_before(self, unsealed):
        assert sealing.seal_all() == 2
        assert unsealed not in held()

    def test_leaves_an_app_that_leads_in(self, unsealed):
        sealing.seal_all()
        assert gets_in_by(code_of(unsealed))

    def test_leaves_the_recovery_codes_that_were_written_down(self, alice, unsealed):
        codes = RecoveryCodes.activate(alice).generate_codes()
        sealing.seal_all()
        assert RecoveryCodes.activate(alice).generate_codes() == codes

    def test_forgets_no_used_recovery_code(self, alice, unsealed):
        used = RecoveryCodes.activate(alice).generate_codes()[0]
        assert gets_in_by(used)
        sealing.seal_all()
        assert not gets_in_by(used)

    def test_seals_the_codes_of_older_installations(self, alice, unsealed):
        row = Authenticator.objects.get(type="recovery_codes")
        row.data = {"migrated_codes": ["abc", "def"]}
        row.save()
        sealing.seal_all()
        assert "abc" not in held()
        assert RecoveryCodes.activate(alice).get_unused_codes() == ["abc", "def"]

    def test_seals_nothing_twice(self, unsealed):
        sealing.seal_all()
        assert sealing.seal_all() == 0

    def test_seals_nothing_without_a_key(self, unsealed, settings):
        settings.FACTOR_KEYS = []
        assert (sealing.seal_all(), unsealed in held()) == (0, True)

    def test_goes_on_after_one_that_cannot_be_read(self, alice, bob, unsealed):
        lost = Authenticator.objects.create(
            user=bob, type="totp", data={"secret": sealing.MARK + "of another key"}
        )
        assert sealing.seal_all() == 2
        lost.refresh_from_db()
        assert lost.data == {"secret": sealing.MARK + "of another key"}

    def test_the_way_back_writes_secrets_as_they_are(self, secret):
        sealing.open_all()
        assert Authenticator.objects.get().data == {"secret": secret}


class TestCommand:
    def test_tells_how_many_it_sealed(self, unsealed):
        assert run() == "2 second factors are sealed anew.\n"

    def test_goes_back(self, secret):
        assert run("--undo") == "1 second factors are written as they are.\n"
        assert secret in held()

    def test_says_that_there_is_no_key(self, settings):
        settings.FACTOR_KEYS = []
        with pytest.raises(CommandError, match="MASKR_FACTOR_KEYS is not set"):
            run()


class TestHourly:
    def test_a_single_machine_seals_at_once(self, unsealed, settings):
        settings.EMBEDDED = True
        assert sealing.Hourly().run() == 2

    def test_beside_others_an_hour_passes_before(self, unsealed, settings, monkeypatch):
        settings.EMBEDDED = False
        monkeypatch.setattr(sealing, "_began_at", time.monotonic() - 3500)
        assert sealing.Hourly().run() == 0

    def test_beside_others_it_seals_after_an_hour(self, unsealed, settings, monkeypatch):
        settings.EMBEDDED = False
        monkeypatch.setattr(sealing, "_began_at", time.monotonic() - 3700)
        assert sealing.Hourly().run() == 2

    def test_it_does_not_look_again_within_the_hour(self, unsealed, settings):
        settings.EMBEDDED = True
        rounds = sealing.Hourly()
        rounds.run()
        sealing.open_all()
        assert rounds.run() == 0


class TestSettingUp:
    @pytest.fixture
    def asked(self, alice) -> tuple[Client, str]:
        """Alice's browser, and the secret that its page shows her."""
        EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
        client = Client()
        client.post(LOGIN, {"login": alice.email, "password": PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        return client, client.get(SET_UP).context["form"].secret

    def test_no_session_holds_the_secret_that_is_shown(self, asked):
        told = [session.get_decoded() for session in Session.objects.all()]
        assert "mfa.totp.secret" in json.dumps(told)
        assert asked[1] not in json.dumps(told)

    def test_the_secret_that_was_shown_is_the_one_of_the_app(self, asked):
        client, secret = asked
        client.post(SET_UP, {"code": code_of(secret)})
        assert sealing.opened(Authenticator.objects.get(type="totp").data["secret"]) == secret

    def test_a_wrong_code_keeps_the_secret_that_was_shown(self, asked):
        client, secret = asked
        assert secret in client.post(SET_UP, {"code": "000000"}).content.decode()
        client.post(SET_UP, {"code": code_of(secret)})
        assert sealing.opened(Authenticator.objects.get(type="totp").data["secret"]) == secret

    def test_a_set_up_that_began_before_the_upgrade_ends_well(self, asked):
        client, secret = asked
        session = client.session
        session["mfa.totp.secret"] = secret
        session.save()
        client.post(SET_UP, {"code": code_of(secret)})
        assert Authenticator.objects.filter(type="totp").exists()
