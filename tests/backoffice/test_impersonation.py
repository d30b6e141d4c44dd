"""Staff look at an account as its owner does, change nothing there, and leave a trace."""

import pytest
from django.test import Client

from accounts import sessions
from accounts.models import ApiKey
from tests.backoffice.conftest import ACCOUNTS, BACKEND
from tests.conftest import SERVICE
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("graphs")]


def begin(staff, user, reason="case 7", **headers):
    fields = {"user_pk": user.pk, "reason": reason, "next": "/account/keys/"}
    return staff.client.post("/hijack/acquire/", fields, headers=headers)


@pytest.fixture
def looking(support, alice):
    assert begin(support, alice.user).url == "/account/keys/"
    return support


def test_the_owners_pages_are_shown(looking, alice):
    assert alice.key.masked in looking.get("/account/keys/")


def test_every_page_says_whose_they_are(looking):
    html = looking.get("/account/keys/")
    assert "You are looking at the account of <strong>alice@example.com</strong>" in html


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/account/keys/", "/account/billing/top-up/", SERVICE])
def test_nothing_unsafe_is_answered(looking, path, method):
    assert getattr(looking.client, method)(path).status_code == 403


def test_no_key_is_made(looking, alice):
    looking.client.post("/account/keys/", {"name": "mine", "mode": "live"})
    assert ApiKey.objects.filter(user=alice.user).count() == 1


def test_a_key_in_the_same_request_does_not_help(looking, alice):
    headers = {"Authorization": f"Bearer {alice.plaintext}"}
    response = looking.client.post(SERVICE, {"file": picture()}, headers=headers)
    assert response.status_code == 403


def test_people_are_told_in_a_page(looking):
    response = looking.client.post("/account/keys/", headers={"Accept": "text/html"})
    assert (response.status_code, "End and return" in response.content.decode()) == (403, True)


@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/change/", "/admin/"])
def test_pages_about_logging_in_stay_closed(looking, path):
    assert looking.client.get(path).status_code == 403


def test_it_ends_in_the_admin(looking):
    assert looking.client.post("/hijack/release/").url == "/admin/"
    assert looking.client.get(ACCOUNTS).status_code == 200


def test_begin_and_end_are_in_the_history(looking, alice, history):
    looking.client.post("/hijack/release/")
    assert history(alice.user) == ["Impersonation began. Reason: case 7", "Impersonation ended."]


@pytest.mark.parametrize("lost", [{"is_staff": False}, {"is_active": False}])
def test_it_ends_with_the_right_to_it(looking, alice, lost, history):
    type(looking.user).objects.filter(pk=looking.user.pk).update(**lost)
    assert looking.client.get("/account/keys/").url == "/accounts/login/"
    assert looking.client.get("/account/keys/").url.startswith("/accounts/login/?next=")
    ended = "Impersonation ended: there was no right to it any more."
    assert history(alice.user) == ["Impersonation began. Reason: case 7", ended]


def test_it_ends_when_the_role_is_taken_away(looking):
    looking.user.groups.clear()
    assert looking.client.get("/account/keys/").url == "/accounts/login/"


def test_it_ends_with_the_password_that_the_staff_signed_in_with(looking):
    looking.user.set_password("another long phrase")
    looking.user.save()
    assert looking.client.get("/account/keys/").url == "/accounts/login/"


def test_nobody_returns_to_the_admin_after_the_staff_changed_their_password(looking):
    looking.user.set_password("another long phrase")
    looking.user.save()
    looking.client.post("/hijack/release/")
    assert looking.client.get(ACCOUNTS).status_code == 302


def test_it_goes_on_while_the_secret_of_sessions_is_replaced(looking, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret altogether"
    assert looking.client.get("/account/keys/").status_code == 200


def test_it_ends_when_a_second_factor_is_asked_for(looking, settings):
    settings.STAFF_MFA = True
    assert looking.client.get("/account/keys/").url == "/accounts/login/"


def test_it_ends_with_the_account(looking, alice):
    type(alice.user).objects.filter(pk=alice.user.pk).update(is_active=False)
    assert looking.client.get("/account/keys/").url == "/accounts/login/"


@pytest.mark.parametrize("nobody", ["abc", "", "-1", "9" * 40])
def test_nobody_cannot_be_impersonated(support, nobody):
    fields = {"user_pk": nobody, "reason": "case 7"}
    assert support.client.post("/hijack/acquire/", fields).status_code == 404


def test_the_last_log_in_of_the_owner_stays(looking, alice):
    alice.user.refresh_from_db()
    assert alice.user.last_login is None


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_without_a_reason_it_does_not_begin(support, alice, reason, history):
    assert begin(support, alice.user, reason).status_code == 400
    assert history(alice.user) == []


def test_people_without_a_reason_are_asked_again(support, alice):
    answer = begin(support, alice.user, "   ", accept="text/html")
    assert "Give a reason of at most 200 letters." in support.get(answer.url)


def test_staff_are_never_impersonated(support, staff):
    assert begin(support, staff("operator").user).status_code == 403


def test_not_even_by_superusers(staff, operator):
    assert begin(staff(is_superuser=True), operator.user).status_code == 403


def test_a_superuser_outside_the_staff_is_never_impersonated(support, django_user_model):
    chief = django_user_model.objects.create_user("chief@example.com", is_superuser=True)
    assert begin(support, chief).status_code == 403


@pytest.mark.parametrize("role", ["finance"])
def test_other_roles_do_not_impersonate(staff, alice, role):
    assert begin(staff(role), alice.user).status_code == 403


def test_suspended_accounts_are_not_impersonated(support, alice):
    type(alice.user).objects.filter(pk=alice.user.pk).update(is_active=False)
    assert begin(support, alice.user).status_code == 403


def test_customers_do_not_impersonate(alice, bob, client):
    client.force_login(bob.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/hijack/acquire/", {"user_pk": alice.user.pk}).status_code == 403


def test_the_form_asks_for_a_reason(support, alice):
    assert 'name="reason"' in support.get(f"{ACCOUNTS}{alice.user.pk}/impersonate/")


def test_staff_without_a_role_learn_no_address_from_it(staff, alice):
    answer = staff().client.get(f"{ACCOUNTS}{alice.user.pk}/impersonate/")
    assert answer.status_code == 403


def test_programs_with_a_key_pay_nothing_for_it(alice, django_assert_num_queries):
    alice.api.get("/v1/jobs/7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11")
    with django_assert_num_queries(2):
        alice.api.get("/v1/jobs/7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11")


def test_it_ends_when_the_staff_sign_out_everywhere_else(looking, support):
    elsewhere = Client()
    elsewhere.force_login(support.user, backend=BACKEND)
    elsewhere.post("/accounts/sessions/")
    assert looking.client.get("/account/").url.startswith("/accounts/login/")


def test_it_does_not_end_with_the_account_of_somebody_else(looking, bob):
    sessions.end_all(bob.user)
    assert looking.client.get("/account/").status_code == 200
