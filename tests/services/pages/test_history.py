"""The list of jobs: whose they are, what filters find, and pages that neither skip nor repeat."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import keys
from services.models import Batch, Job
from services.pages import history
from tests.services.pages.conftest import NOON, logged_in, past_job, read

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = "/account/jobs/"


def listed(page, query: str = "") -> list[UUID]:
    return [
        UUID(found)
        for found in re.findall(r"unseen\">, job ([0-9a-f-]{36})", read(page, JOBS + query))
    ]


def link(page, query: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', read(page, JOBS + query))
    return found[1].replace("&amp;", "&") if found else None


def many(customer, count: int, **fields) -> list[Job]:
    """Newest first."""
    return [past_job(customer, minutes, **fields) for minutes in range(count)]


def test_a_stranger_is_asked_to_log_in(client, db):
    assert client.get(JOBS).url == f"/accounts/login/?next={JOBS}"


def test_an_account_without_jobs_is_led_on(page):
    assert "Send the first picture" in read(page, JOBS)


def test_the_newest_job_comes_first(page, alice):
    old, new = past_job(alice, 5), past_job(alice, 1)
    assert listed(page) == [new.pk, old.pk]


def test_the_jobs_of_others_are_not_listed(page, bob):
    past_job(bob)
    assert listed(page) == []


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("?state=failed", {"state": "failed"}),
        ("?service=object-removal", {"service": "object-removal"}),
        ("?search=req_one", {"request_id": "req_one"}),
        ("?state=failed&service=object-removal", {"state": "failed", "service": "object-removal"}),
        ("?since=2026-03-11", {"created_at": NOON + timedelta(days=1)}),
        ("?until=2026-03-09", {"created_at": NOON - timedelta(days=1)}),
    ],
)
def test_a_filter_finds_only_what_is_like_it(page, alice, query, fields):
    past_job(alice)
    wanted = past_job(alice, **fields)
    assert listed(page, query) == [wanted.pk]


def test_both_days_of_a_range_belong_to_it(page, alice):
    wanted = past_job(alice)
    assert listed(page, "?since=2026-03-10&until=2026-03-10") == [wanted.pk]


def test_a_range_may_end_on_the_last_day_that_there_is(page, alice):
    wanted = past_job(alice)
    assert listed(page, "?since=0001-01-01&until=9999-12-31") == [wanted.pk]


def test_jobs_are_filtered_by_their_key(page, alice):
    past_job(alice)
    wanted = past_job(alice, api_key=alice.key)
    assert listed(page, f"?key={alice.key.pk}") == [wanted.pk]


def test_jobs_without_a_key_can_be_found(page, alice):
    past_job(alice, api_key=alice.key)
    wanted = past_job(alice)
    assert listed(page, "?key=none") == [wanted.pk]


def test_a_job_is_found_by_its_id(page, alice):
    past_job(alice)
    wanted = past_job(alice)
    assert listed(page, f"?search={wanted.pk}") == [wanted.pk]


@pytest.mark.parametrize("field", ["search", "batch"])
def test_a_batch_is_found_by_its_id(page, alice, field):
    past_job(alice)
    batch = Batch.objects.create(owner=alice.user, service="background-removal", total_files=1)
    wanted = past_job(alice, batch=batch)
    assert listed(page, f"?{field}={batch.pk}") == [wanted.pk]


@pytest.mark.parametrize("field", ["search", "batch"])
def test_the_batch_of_somebody_else_is_not_found(page, bob, field):
    batch = Batch.objects.create(owner=bob.user, service="background-removal", total_files=1)
    past_job(bob, batch=batch)
    assert listed(page, f"?{field}={batch.pk}") == []


def test_the_job_of_somebody_else_is_not_found_by_its_id(page, bob):
    assert listed(page, f"?search={past_job(bob).pk}") == []


def test_a_search_that_finds_nothing_leads_back(page, alice):
    past_job(alice)
    assert "No job is like that" in read(page, f"{JOBS}?search=nothing")


@pytest.mark.parametrize(
    "query",
    [
        "?state=lost",
        "?service=painting",
        "?key=abc",
        "?since=yesterday",
        "?since=2026-03-11&until=2026-03-10",
        "?batch=7",
        "?older=7",
        f"?older={UUID(int=1)}",
        f"?older={UUID(int=1)}&newer={UUID(int=1)}",
        "?search=" + 81 * "x",
    ],
)
def test_a_bad_filter_is_told_and_shows_nothing(page, alice, query):
    past_job(alice)
    answer = page.get(JOBS + query)
    assert answer.status_code == 400
    assert b"errorlist" in answer.content and b"Show all jobs" in answer.content


@pytest.mark.parametrize("search", ["%00", "%27%22%3Cscript%3E", "%F0%9F%A6%86"])
def test_odd_searches_are_harmless(page, alice, search):
    answer = page.get(f"{JOBS}?search={search}")
    assert answer.status_code in (200, 400) and b"<script>" not in answer.content


def test_the_key_of_somebody_else_is_no_filter(page, bob):
    assert page.get(f"{JOBS}?key={bob.key.pk}").status_code == 400


def test_a_page_that_begins_after_the_job_of_somebody_else_is_refused(page, bob):
    assert page.get(f"{JOBS}?older={past_job(bob).pk}").status_code == 400


def test_older_and_newer_lead_through_all_jobs_and_back(page, alice):
    every = [job.pk for job in many(alice, 60)]
    first, query = listed(page), str(link(page, "", "next"))
    second, last = listed(page, query), listed(page, str(link(page, query, "next")))
    back = str(link(page, str(link(page, query, "next")), "prev"))
    assert (first + second + last, listed(page, back)) == (every, second)


def test_the_newest_page_is_full_when_one_comes_back_to_it(page, alice):
    every = [job.pk for job in many(alice, 30)]
    assert listed(page, f"?newer={every[3]}") == every[: history.ON_A_PAGE]


def test_filters_stay_from_page_to_page(page, alice):
    many(alice, 30, state="failed")
    assert "state=failed&older=" in str(link(page, "?state=failed", "next"))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_pages_hold_every_job_once_even_of_one_moment(alice, minutes):
    Job.objects.all().delete()
    made = {past_job(alice, minute).pk for minute in minutes}
    seen, older = [], None
    while True:
        found = history.page(alice.user, {"older": older})
        seen += [job.pk for job in found.jobs]
        if not (older := found.older):
            break
    assert len(seen) == len(made) and set(seen) == made


def test_a_page_takes_as_many_queries_for_many_jobs_as_for_few(
    page, alice, django_assert_max_num_queries
):
    many(alice, 60, api_key=alice.key)
    with django_assert_max_num_queries(5):
        read(page, JOBS)


def test_only_the_owner_of_a_key_sees_its_name_among_the_filters(alice, bob):
    keys.create(alice.user, "secret project")
    assert "secret project" not in read(logged_in(bob), JOBS)


def test_a_file_name_is_escaped(page, alice):
    past_job(alice, input_filename="<script>alert(1)</script>.jpg")
    assert "<script>alert" not in read(page, JOBS)


def test_an_unknown_id_after_which_to_begin_is_told(page):
    assert b"is not there" in page.get(f"{JOBS}?older={uuid4()}").content
