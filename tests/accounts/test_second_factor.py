"""Signing in with a second factor."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
PASSWORD = "a long enough phrase"


@pytest.fixture
def at_the_second_step(client, django_user_model):
    """A browser that gave the password and is asked for the code."""
    user = django_user_model.objects.create_user("carol@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(user, generate_totp_secret())
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    return client


def test_the_code_is_asked_for_after_the_password(at_the_second_step):
    assert at_the_second_step.get(LOGIN).url == "/accounts/2fa/authenticate/"


def test_nothing_but_the_code_leads_on(at_the_second_step):
    answer = at_the_second_step.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code" in answer.content.decode()


def test_a_factor_that_is_gone_meanwhile_lets_signing_in_begin_anew(at_the_second_step):
    Authenticator.objects.all().delete()
    answer = at_the_second_step.get(LOGIN, follow=True)
    assert (answer.status_code, answer.redirect_chain[-1:]) == (200, [(LOGIN, 302)])
