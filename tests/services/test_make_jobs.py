"""Made-up jobs: only under DEBUG, counted, and in no book."""

import pytest
from django.core.management import CommandError, call_command

from services.models import Job, UsageDay
from tests.services.pages.conftest import logged_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]


@pytest.fixture
def alices_jobs(settings, alice):
    settings.DEBUG = True
    call_command("make_jobs", "300", email="alice@example.com")
    settings.DEBUG = False


def test_it_makes_as_many_as_asked_and_counts_them(alices_jobs, alice):
    assert Job.objects.filter(owner=alice.user).count() == 300
    assert sum(UsageDay.objects.values_list("jobs", flat=True)) == 300


def test_it_makes_as_many_more_when_asked_again(alices_jobs, settings, alice):
    settings.DEBUG = True
    call_command("make_jobs", "300", email="alice@example.com")
    assert Job.objects.filter(owner=alice.user).count() == 600


def test_it_refuses_to_make_less_than_one(settings, alice):
    settings.DEBUG = True
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("make_jobs", "0", email="alice@example.com")


def test_it_makes_them_free_of_charge(alices_jobs, alice):
    assert alice.balance == 10_000


def test_it_refuses_to_mix_them_with_real_ones(alice):
    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command("make_jobs", "3", email="alice@example.com")


def test_it_refuses_an_unknown_account(settings, db):
    settings.DEBUG = True
    with pytest.raises(CommandError, match="no account"):
        call_command("make_jobs", "3", email="nobody@example.com")


@pytest.mark.parametrize(("path", "most"), [("/account/", 9), ("/account/jobs/", 5)])
def test_pages_of_a_busy_account_need_no_more_queries(
    alices_jobs, alice, django_assert_max_num_queries, path, most
):
    page = logged_in(alice)
    with django_assert_max_num_queries(most):
        assert page.get(path).status_code == 200
