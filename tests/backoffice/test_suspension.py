"""A suspended account: 403 in every dialect's shape, no session, nothing lost."""

import pytest
from django.test import Client

from accounts import erasure
from tests.backoffice.conftest import ACCOUNTS, BACKEND
from tests.conftest import SERVICE
from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


@pytest.fixture
def suspended(alice, operator):
    operator.act(ACCOUNTS, "suspend", alice.user, reason="spam")
    return alice


@pytest.fixture
def browser(alice) -> Client:
    client = Client()
    client.force_login(alice.user, backend=BACKEND)
    return client


@pytest.mark.parametrize("name", VENDORS)
def test_every_compatible_api_answers_403_in_its_shape(suspended, name):
    response = send(suspended.api, VENDORS[name])
    keys = set(VENDORS[name].error_keys)
    assert (response.status_code, keys <= set(response.json())) == (403, True)


@pytest.mark.parametrize("name", VENDORS)
def test_every_compatible_api_says_why(suspended, name):
    assert "This account is suspended." in send(suspended.api, VENDORS[name]).content.decode()


@pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/batch"])
def test_the_services_answer_403_and_say_why(suspended, path):
    response = suspended.post(path=path)
    assert response.status_code == 403
    assert response.json()["detail"].startswith("This account is suspended.")


def test_reads_are_refused_as_well(suspended):
    path = "/v1/jobs/7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11"
    assert suspended.api.get(path).status_code == 403


def test_nothing_is_charged(suspended):
    suspended.post()
    assert suspended.balance == 10_000


def test_its_sessions_end(alice, browser, operator):
    operator.act(ACCOUNTS, "suspend", alice.user)
    assert browser.get("/account/keys/").status_code == 302


def test_the_session_ends_for_good_when_it_is_suspended(alice, browser, operator):
    operator.act(ACCOUNTS, "suspend", alice.user)
    operator.act(ACCOUNTS, "reopen", alice.user)
    assert browser.get("/account/keys/").status_code == 302


def test_sessions_of_others_stay(alice, bob, operator):
    client = Client()
    client.force_login(bob.user, backend=BACKEND)
    operator.act(ACCOUNTS, "suspend", alice.user)
    assert client.get("/account/keys/").status_code == 200


def test_opened_again_the_same_key_works(suspended, operator, graphs):
    operator.act(ACCOUNTS, "reopen", suspended.user)
    assert suspended.post(Prefer="respond-async").status_code == 202


def test_the_history_tells_what_and_why(suspended, operator, history):
    operator.act(ACCOUNTS, "reopen", suspended.user, reason="paid")
    assert history(suspended.user) == [
        "The account alice@example.com is suspended. Reason: spam",
        "The account alice@example.com is open again. Reason: paid",
    ]


def test_an_erased_account_is_not_opened_again(alice, operator):
    erasure.erase(alice.user)
    html = operator.act(ACCOUNTS, "reopen", alice.user).content.decode()
    alice.user.refresh_from_db()
    assert ("is erased, or about to be" in html, alice.user.is_active) == (True, False)


def test_no_button_offers_to_open_an_erased_account(alice, operator):
    erasure.erase(alice.user)
    assert "Open again" not in operator.get(f"{ACCOUNTS}{alice.user.pk}/change/")


def test_staff_are_not_suspended(operator, staff):
    other = staff("support")
    html = operator.act(ACCOUNTS, "suspend", other.user).content.decode()
    other.user.refresh_from_db()
    assert ("Take the staff rights away first" in html, other.user.is_active) == (True, True)


def test_a_superuser_outside_the_staff_is_not_suspended(operator, django_user_model):
    chief = django_user_model.objects.create_user("chief@example.com", is_superuser=True)
    operator.act(ACCOUNTS, "suspend", chief)
    chief.refresh_from_db()
    assert chief.is_active


@pytest.mark.parametrize("role", ["support", "finance"])
def test_only_operators_suspend(staff, alice, role):
    staff(role).act(ACCOUNTS, "suspend", alice.user)
    alice.user.refresh_from_db()
    assert alice.user.is_active


def test_suspending_twice_says_so(suspended, operator):
    html = operator.act(ACCOUNTS, "suspend", suspended.user).content.decode()
    assert "is suspended already" in html
