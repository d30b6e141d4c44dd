"""Signing in with a second factor."""

from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client

from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"
PERIOD = 30


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clock(monkeypatch):
    """What time it is for codes, and for what is remembered of them."""
    now = SimpleNamespace(at=1_800_000_000.0)
    monkeypatch.setattr("time.time", lambda: now.at)
    return now


@pytest.fixture
def secret(alice) -> str:
    """Of Alice's app."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    TOTP.activate(alice, made := generate_totp_secret())
    return made


@pytest.fixture
def recovery(alice, secret) -> list[str]:
    return RecoveryCodes.activate(alice).generate_codes()


@pytest.fixture
def at_the_second_step(secret, clock) -> Client:
    return gave_the_password()


def gave_the_password() -> Client:
    """A browser that is asked for the code."""
    client = Client()
    client.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD})
    return client


def code_at(secret: str, moment: float) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(moment) // PERIOD))


def is_in(client: Client) -> bool:
    return client.get("/account/keys/").status_code == 200


def gets_in_by(code: str) -> bool:
    """Whether a new browser does that has the password, too."""
    client = gave_the_password()
    client.post(CODE, {"code": code})
    return is_in(client)


def test_the_code_is_asked_for_after_the_password(at_the_second_step):
    assert at_the_second_step.get(LOGIN).url == CODE


def test_nothing_but_the_code_leads_on(at_the_second_step):
    answer = at_the_second_step.post(CODE, {"code": "000000"})
    assert "Incorrect code" in answer.content.decode()


def test_a_factor_that_is_gone_meanwhile_lets_signing_in_begin_anew(at_the_second_step):
    Authenticator.objects.all().delete()
    answer = at_the_second_step.get(LOGIN, follow=True)
    assert (answer.status_code, answer.redirect_chain[-1:]) == (200, [(LOGIN, 302)])


def test_the_code_leads_in(secret, clock):
    assert gets_in_by(code_at(secret, clock.at))


@pytest.mark.parametrize(("periods", "leads_in"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_code(secret, clock, periods, leads_in):
    assert gets_in_by(code_at(secret, clock.at + periods * PERIOD)) is leads_in


@pytest.mark.parametrize("later_s", [0, 29, 31, 59, 89])
def test_a_code_leads_in_once(secret, clock, later_s):
    code = code_at(secret, clock.at + PERIOD)  # the longest-lived: of a clock that is ahead
    assert gets_in_by(code)
    clock.at += later_s
    assert not gets_in_by(code)


def test_a_used_code_in_another_spelling_leads_nobody_in(secret, clock):
    code = code_at(secret, clock.at)
    assert gets_in_by(code)
    clock.at += PERIOD + 1
    assert not gets_in_by(f"{code[:3]}-{code[3:]} ")


def test_a_code_that_led_in_confirms_nothing_later(secret, recovery, clock):
    code = code_at(secret, clock.at)
    client = gave_the_password()
    client.post(CODE, {"code": code})
    clock.at += PERIOD + 1
    client.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 302


def test_the_next_code_leads_in_after_the_last_one(secret, clock):
    assert gets_in_by(code_at(secret, clock.at))
    clock.at += PERIOD
    assert gets_in_by(code_at(secret, clock.at))


def test_the_code_of_somebody_else_leads_nobody_in(secret, bob, clock):
    TOTP.activate(bob, other := generate_totp_secret())
    assert not gets_in_by(code_at(other, clock.at))


def test_a_code_that_somebody_else_used_is_as_good_as_ever(secret, bob, clock):
    TOTP.activate(bob, secret)
    other = Client()
    other.post(LOGIN, {"login": bob.email, "password": PASSWORD})
    other.post(CODE, {"code": code_at(secret, clock.at)})
    assert is_in(other) and gets_in_by(code_at(secret, clock.at))


def test_each_recovery_code_leads_in_once(recovery):
    assert [gets_in_by(recovery[index]) for index in (0, 0, 1)] == [True, False, True]


def test_a_recovery_code_of_somebody_else_leads_nobody_in(recovery, bob):
    TOTP.activate(bob, generate_totp_secret())
    assert not gets_in_by(RecoveryCodes.activate(bob).generate_codes()[0])


def test_after_five_wrong_codes_the_right_one_has_to_wait(at_the_second_step, secret, clock):
    for _ in range(5):
        at_the_second_step.post(CODE, {"code": "000000"})
    answer = at_the_second_step.post(CODE, {"code": code_at(secret, clock.at)})
    assert "Too many failed login attempts" in answer.content.decode()


def test_wrong_codes_in_other_browsers_count_too(secret, clock):
    for _ in range(5):
        gets_in_by("000000")
    assert not gets_in_by(code_at(secret, clock.at))


def test_wrong_passwords_count_by_what_the_proxy_saw(alice, bob, settings):
    settings.TRUSTED_PROXIES = 1

    def sign_in(email: str, password: str, seen: str):
        headers = {"X-Forwarded-For": f"192.0.2.99, {seen}"}
        return Client(headers=headers).post(LOGIN, {"login": email, "password": password})

    for number in range(10):
        sign_in(f"{number}@example.com", "wrong", "198.51.100.1")
    refused = sign_in(alice.email, PASSWORD, "198.51.100.1").content.decode()
    assert "Too many failed login attempts" in refused
    assert sign_in(bob.email, PASSWORD, "198.51.100.2").status_code == 302


def test_who_waited_after_wrong_codes_gets_in(secret, clock):
    for _ in range(5):
        gets_in_by("000000")
    clock.at += 301
    assert gets_in_by(code_at(secret, clock.at))


def test_wrong_codes_of_one_account_keep_nobody_else_out(secret, bob, clock):
    TOTP.activate(bob, other := generate_totp_secret())
    for _ in range(5):
        gets_in_by("000000")
    client = Client(REMOTE_ADDR="198.51.100.7")
    client.post(LOGIN, {"login": bob.email, "password": PASSWORD})
    client.post(CODE, {"code": code_at(other, clock.at)})
    assert is_in(client)
