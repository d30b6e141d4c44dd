"""The overview: what is left, what was used, charts with tables, and the next step."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys
from billing.models import ServicePrice
from services import usage
from services.models import UsageDay
from services.pages import charts, figures
from services.pages.figures import Day
from tests.services.pages.conftest import logged_in, past_job, read

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/account/"


def used(customer, jobs: int = 1, *, days_ago: int = 0, bucket: int = 40, **fields) -> None:
    day = timezone.now().date() - timedelta(days=days_ago)
    costs = {"credits": 300 * jobs, "paid": jobs if fields.get("credits", 1) else 0}
    fields = {"service": "background-removal", **costs, **fields}
    UsageDay.objects.create(owner=customer.user, day=day, bucket=bucket, jobs=jobs, **fields)


def test_a_stranger_is_asked_to_log_in(client, db):
    assert client.get(HOME).url == f"/accounts/login/?next={HOME}"


def test_it_answers_how_far_the_credits_go(page):
    assert "<strong>100 credits left</strong>, about 33 images." in read(page, HOME)


def test_images_are_counted_at_what_they_cost_lately(page, alice):
    used(alice, 4, credits=400)
    assert "about 100 images" in read(page, HOME)


def test_free_images_make_no_other_cheaper(page, alice):
    used(alice, 4, credits=1200)
    used(alice, 96, credits=0, bucket=41)
    assert "about 33 images" in read(page, HOME)


def test_free_images_beside_paid_ones_make_them_no_cheaper(page, alice):
    used(alice, 100, credits=1200, paid=4)
    assert "about 33 images" in read(page, HOME)


def test_where_images_cost_nothing_none_is_said_to_need_credits(bob):
    ServicePrice.objects.filter(service="background-removal").update(hundredths=0)
    assert "Get credits" not in read(logged_in(bob), HOME)


def test_an_account_without_credits_is_told_that_test_keys_need_none(bob):
    assert "Without credits only test keys make images" in read(logged_in(bob), HOME)


def test_an_account_without_credits_is_led_to_them(bob):
    assert "Get credits" in read(logged_in(bob), HOME)


def test_an_account_without_a_key_is_led_to_one(page, alice):
    keys.revoke(alice.key)
    html = read(page, HOME)
    assert "Make a key" in html and "Quick start" not in html


def test_today_and_this_month_are_told(page, alice):
    used(alice, 1234)
    assert read(page, HOME).count("<dd>1\N{NARROW NO-BREAK SPACE}234</dd>") == 2


def test_failures_are_told_apart_and_linked(page, alice):
    used(alice, 7, bucket=usage.FAILED, credits=0)
    assert '?state=failed">7</a>' in read(page, HOME)


def test_the_use_of_others_is_not_told(page, bob):
    used(bob, 1234)
    assert "1\N{NARROW NO-BREAK SPACE}234" not in read(page, HOME)


def test_without_use_there_are_no_charts(page):
    assert 'viewBox="0 0 600' not in read(page, HOME)


def test_every_chart_has_its_table(page, alice):
    used(alice, 5)
    html = read(page, HOME)
    assert html.count('<svg viewBox="0 0 600 100"') == 3 == html.count('class="scrolls"')


def test_the_latest_jobs_are_linked(page, alice):
    assert f"/account/jobs/{past_job(alice).pk}/" in read(page, HOME)


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("curl", "http://testserver/v1/services/background-removal"),
        ("python", 'base_url="http://testserver"'),
        ("node", 'http://testserver/v1/services/background-removal"'),
    ],
)
def test_examples_name_the_own_key_and_this_server(page, alice, language, asked):
    html = read(page, f"{HOME}?lang={language}")
    assert (alice.key.masked in html, asked in html, alice.plaintext in html) == (True, True, False)


def test_an_unknown_language_is_curl(page):
    assert "curl -H" in read(page, f"{HOME}?lang=cobol")


def test_a_live_key_is_shown_rather_than_a_test_key(page, alice):
    test_key, _ = keys.create(alice.user, "later", "test")
    assert test_key.masked not in read(page, HOME)


def test_nothing_inline_is_needed(page, alice):
    used(alice, 5)
    html = read(page, HOME)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)


def test_a_month_of_use_takes_as_many_queries_as_a_day(page, alice, django_assert_max_num_queries):
    for days_ago in range(30):
        used(alice, 3, days_ago=days_ago, bucket=30 + days_ago)
        used(alice, 1, days_ago=days_ago, service="object-removal")
    with django_assert_max_num_queries(9):
        read(page, HOME)


def test_use_of_long_ago_is_left_out(alice):
    used(alice, 9, days_ago=70)
    assert sum(day.completed for day in figures.of(alice.user).days) == 0


def test_the_last_of_thirty_days_is_today(alice):
    used(alice, 2)
    used(alice, 3, days_ago=29)
    days = figures.of(alice.user).days
    assert (len(days), days[0].completed, days[-1].completed) == (30, 3, 2)


@given(st.floats(0, 1e9))
def test_the_top_of_a_scale_is_round_and_not_far_above(most):
    top = charts.nice(most)
    assert most <= top <= max(1, 2.5 * most) and str(top).rstrip("0") in {"1", "2", "5"}


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=30))
def test_bars_stay_within_the_chart(counts):
    today = timezone.now().date()
    days = [Day(today) for _ in counts]
    for day, (one, other) in zip(days, counts, strict=True):
        day.images.update({"object-removal": one, "background-removal": other})
    chart = charts.images(days, ["object-removal", "background-removal"])
    for bar in chart.bars:
        assert float(bar.y) >= 0 and float(bar.y) + float(bar.height) <= 101.6
    assert len(chart.rows) == len(days)


def test_days_without_images_break_the_line():
    today = timezone.now().date()
    days = [Day(today) for _ in range(5)]
    for index in (0, 1, 3):
        days[index].histogram[40] = 1
    median = charts.durations(days).lines[0]
    assert (len(median.runs), len(median.dots)) == (1, 1)
