"""What each role may open and do; who gives rights."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group, Permission

from accounts.backoffice import roles
from accounts.models import User
from tests.backoffice.conftest import ACCOUNTS

PRICE = "/admin/billing/serviceprice/background-removal/change/"
PAGES = [
    "/admin/",
    "/admin/services/job/",
    "/admin/services/batch/",
    "/admin/services/liveworker/",
    "/admin/accounts/user/",
    "/admin/accounts/apikey/",
    "/admin/billing/ledgerentry/",
    "/admin/billing/creditaccount/",
    "/admin/billing/purchase/",
    "/admin/billing/serviceprice/",
    "/admin/billing/creditpack/",
    "/admin/billing/plan/",
    "/admin/billing/stripeevent/",
    "/admin/admin/logentry/",
]
ROLES = ["support", "finance", "operator"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_every_list(staff, role, path):
    assert staff(role).client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES[1:])
def test_staff_without_a_role_see_none(staff, path):
    assert staff().client.get(path).status_code == 403


def test_staff_without_a_role_see_no_numbers(staff):
    assert "Completed today" not in staff().get("/admin/")


@pytest.mark.parametrize("path", PAGES)
def test_customers_are_sent_away(client, django_user_model, path):
    client.force_login(
        django_user_model.objects.create_user("c@example.com"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get(path).status_code == 302


@pytest.mark.parametrize(("role", "price"), [("support", 300), ("finance", 150), ("operator", 150)])
def test_prices_are_for_finance_and_operators(staff, role, price):
    from billing.prices import price_of

    staff(role).client.post(PRICE, {"hundredths": "1.5", "reason": "spring"})
    assert price_of("background-removal") == price


@pytest.mark.parametrize(("role", "balance"), [("support", 0), ("finance", 500), ("operator", 500)])
def test_grants_are_for_finance_and_operators(staff, django_user_model, role, balance):
    from billing import credits

    customer = django_user_model.objects.create_user("c@example.com")
    key = "7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11"
    staff(role).act(ACCOUNTS, "grant_credits", customer, credits="5", key=key)
    assert credits.balance(customer) == balance


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gives_rights(staff, role):
    member = staff(role)
    fields = {"email": member.user.email, "is_superuser": "on", "rate_factor": 1, "reason": "me"}
    member.client.post(f"{ACCOUNTS}{member.user.pk}/change/", fields)
    member.user.refresh_from_db()
    assert not member.user.is_superuser


def test_an_operator_makes_nobody_staff(operator, django_user_model):
    customer = django_user_model.objects.create_user("c@example.com")
    fields = {"email": customer.email, "is_staff": "on", "rate_factor": 2, "reason": "help"}
    operator.client.post(f"{ACCOUNTS}{customer.pk}/change/", fields)
    customer.refresh_from_db()
    assert (customer.is_staff, customer.rate_factor) == (False, 2)


@pytest.mark.parametrize("page", ["change", "password"])
def test_an_operator_does_not_take_a_superuser_over(operator, staff, page):
    chief = staff(is_superuser=True)
    fields = {"usable_password": "true", "password1": "mine now, yes", "password2": "mine now, yes"}
    path = f"{ACCOUNTS}{chief.user.pk}/{page}/"
    assert operator.client.post(path, fields | {"email": "x@example.com"}).status_code == 403


def test_a_superuser_gives_a_role(staff, django_user_model):
    customer = django_user_model.objects.create_user("c@example.com")
    group = Group.objects.get(name="support")
    fields = {"email": customer.email, "is_staff": "on", "groups": [group.pk], "rate_factor": 1}
    chief = staff(is_superuser=True)
    chief.client.post(f"{ACCOUNTS}{customer.pk}/change/", fields | {"reason": "joined"})
    assert roles.roles_of(customer) == ["support"]


def test_nobody_deletes_an_account(staff, django_user_model):
    customer = django_user_model.objects.create_user("c@example.com")
    path = f"{ACCOUNTS}{customer.pk}/delete/"
    assert staff(is_superuser=True).client.post(path, {"post": "yes"}).status_code == 403


def test_roles_hold_only_rights_that_exist(db):
    every = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.select_related("content_type")
    }
    named = {name for names in roles.RIGHTS.values() for name in names if "*" not in name}
    assert named <= every


def test_a_role_is_set_back_to_what_it_is(db):
    group = Group.objects.get(name="support")
    group.permissions.add(Permission.objects.get(codename="add_ledgerentry"))
    roles.synchronise()
    assert not group.permissions.filter(codename="add_ledgerentry").exists()


def test_an_unchanged_role_costs_few_queries(db, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        roles.synchronise()


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def required(self, settings):
        settings.STAFF_MFA = True

    def test_without_one_the_admin_is_closed(self, support):
        response = support.client.get("/admin/services/job/", follow=True)
        assert response.redirect_chain[-1][0] == "/accounts/2fa/"
        assert "Staff need a second factor" in response.content.decode()

    def test_with_one_it_opens(self, support):
        TOTP.activate(support.user, generate_totp_secret())
        assert support.client.get("/admin/services/job/").status_code == 200

    def test_recovery_codes_that_are_left_over_are_none(self, support):
        RecoveryCodes.activate(support.user)
        assert support.client.get("/admin/").status_code == 302

    def test_without_one_nobody_is_impersonated(self, support, alice):
        fields = {"user_pk": alice.user.pk, "reason": "case 7"}
        assert support.client.post("/hijack/acquire/", fields).status_code == 403

    def test_it_is_no_matter_to_customers(self, client, django_user_model):
        customer = django_user_model.objects.create_user("c@example.com")
        client.force_login(customer, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/account/keys/").status_code == 200


def test_the_admin_is_entered_by_the_products_log_in(client, db):
    response = client.get("/admin/services/job/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_production_is_warned_of_staff_without_a_second_factor(settings):
    from maskr_site.checks import check_staff

    settings.STAFF_MFA = False
    assert [found.id for found in check_staff()] == ["maskr.W010"]
    settings.STAFF_MFA = True
    assert check_staff() == []


def test_a_customer_at_the_admins_log_in_is_refused(client, django_user_model):
    customer = django_user_model.objects.create_user("c@example.com")
    client.force_login(customer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/login/").status_code == 403
    assert isinstance(customer, User)
