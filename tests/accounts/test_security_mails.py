"""Mails about what was done to an account: in our words, with a way out for whom it was not."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.core import mail

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD, ANOTHER = "a long enough phrase", "quite another phrase"
PUBLIC = "https://maskr.example"


@pytest.fixture
def carol(client, django_user_model, settings):
    """Signed in, and just asked for the password."""
    settings.PUBLIC_URL = PUBLIC
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    user = django_user_model.objects.create_user("carol@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return user


def change_password(client) -> str:
    form = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    client.post("/accounts/password/change/", form, headers={"User-Agent": "Browser <1>"})
    return str(mail.outbox[-1].body)


def change_address(client, settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    link = next(line for line in mail.outbox[-1].body.splitlines() if line.startswith(PUBLIC))
    client.post(link.removeprefix(PUBLIC))


def test_a_changed_password_is_told_in_a_sentence(client, carol):
    assert change_password(client).startswith("The password of your account was changed.")
    assert mail.outbox[-1].subject == "Your password was changed"


def test_a_changed_password_is_told_with_when_and_from_where(client, carol):
    assert "UTC from 127.0.0.1 (Browser <1>)." in change_password(client)


def test_whoever_did_not_change_the_password_is_led_to_a_new_one(client, carol):
    assert f"\n{PUBLIC}/accounts/password/reset/\n" in change_password(client)


def test_the_way_to_a_new_password_is_there(client, carol):
    link = f"{PUBLIC}/accounts/password/reset/"
    assert client.get(link.removeprefix(PUBLIC)).status_code == 200


def test_a_changed_address_is_told_to_the_old_one_with_the_way_to_the_sessions(
    client, carol, settings
):
    change_address(client, settings)
    told = mail.outbox[-1]
    assert (told.to, told.subject) == (
        ["carol@example.com"],
        "The address of your account was changed",
    )
    assert "from carol@example.com to new@example.com" in told.body
    assert f"\n{PUBLIC}/accounts/sessions/\n{PUBLIC}/accounts/email/\n" in told.body


def test_a_new_second_factor_is_told_with_the_way_out(client, carol):
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = hotp_value(secret, next(yield_hotp_counters_from_time()))
    client.post("/accounts/2fa/totp/activate/", {"code": f"{code:06}"})
    told = {message.subject: message.body for message in mail.outbox}
    assert "/accounts/password/reset/" in told["An authenticator app was added"]


def test_whoever_signs_up_twice_is_told_in_our_words(client, carol, settings):
    client.logout()
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "carol@example.com", "password1": ANOTHER, "password2": ANOTHER}
    client.post("/accounts/signup/", form)
    assert mail.outbox[-1].subject == "You have an account already"
    assert f"{PUBLIC}/accounts/password/reset/" in mail.outbox[-1].body


def test_whoever_has_no_account_is_told_in_our_words(client, carol):
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert mail.outbox[-1].subject == "There is no account with this address"
