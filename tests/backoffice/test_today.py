"""The first page of the admin: the numbers of the day, right and cheap."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from billing import credits
from billing.models import CreditAccount, Purchase, StripeEvent
from maskr_site.admin import today
from services.models import LiveWorker, UsageDay
from tests.backoffice.rows import make_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def carol(django_user_model):
    user = django_user_model.objects.create_user("carol@example.com")
    credits.grant(user, 100, reason="to begin with")
    return user


def used(user, jobs, bucket=40, cost=0, days_ago=0):
    day = timezone.now().date() - timedelta(days=days_ago)
    UsageDay.objects.create(
        owner=user, day=day, service="s", bucket=bucket, jobs=jobs, credits=cost
    )


def sold(user, amount, price, currency="usd", paid_at=None):
    return Purchase.objects.create(
        account=CreditAccount.objects.get(user=user), kind="pack", credits=amount, granted=amount,
        price_minor=price, paid_minor=price, currency=currency, paid_at=paid_at or timezone.now(),
    )  # fmt: skip


def test_the_queue_is_told_by_depth_and_age(carol):
    since = timezone.now() - timedelta(seconds=90)
    make_jobs(carol, 2, state="pending", created_at=since)
    make_jobs(carol, 1, state="processing")
    found = today.numbers()
    assert (found.waiting, found.running) == (2, 1)
    assert 90 <= found.oldest_s < 120


def test_an_empty_queue_has_no_age(carol):
    make_jobs(carol, 1)
    assert (today.numbers().waiting, today.numbers().oldest_s) == (0, 0)


def test_success_is_the_share_of_what_ended_today(carol):
    used(carol, 9)
    used(carol, 1, bucket=0)
    used(carol, 50, bucket=0, days_ago=1)
    assert today.numbers().success_percent == 90.0


def test_without_jobs_there_is_no_share_and_no_duration(carol):
    found = today.numbers()
    assert (found.success_percent, found.p95_s) == (None, None)


def test_the_slow_end_is_told(carol):
    used(carol, 90, bucket=20)
    used(carol, 10, bucket=60)
    p95 = today.numbers().p95_s
    assert p95 is not None and p95 > 20


def test_credits_used_are_those_of_today(carol):
    used(carol, 2, cost=650)
    used(carol, 2, cost=100, days_ago=1)
    assert today.numbers().credits_used == "6.50"


def test_sales_are_those_paid_today_by_currency(carol):
    sold(carol, 50_000, 4_900)
    sold(carol, 10_000, 1_000, "eur")
    sold(carol, 10_000, 9_900, paid_at=timezone.now() - timedelta(days=2))
    found = today.numbers()
    assert found.credits_sold == "600"
    assert set(found.revenue.split(", ")) == {"49.00 USD", "10.00 EUR"}


def test_the_best_customers_of_the_week_come_first(carol, django_user_model):
    dave = django_user_model.objects.create_user("dave@example.com")
    used(carol, 1, cost=100, days_ago=6)
    used(dave, 5, cost=500)
    used(carol, 9, cost=9_000, days_ago=7)
    assert [(row.email, row.credits) for row in today.numbers().customers] == [
        ("dave@example.com", "5"),
        ("carol@example.com", "1"),
    ]


def test_the_page_shows_them(support, carol):
    used(carol, 3, cost=900)
    html = support.get("/admin/")
    assert "carol@example.com</a>" in html and "100.0 %" in html


def test_it_warns_when_nobody_works(support, carol):
    assert "no worker alive" in support.get("/admin/")
    LiveWorker.objects.create(host="a", pid=1, seen_at=timezone.now())
    cache.clear()
    assert "no worker alive" not in support.get("/admin/")


def test_failed_payment_events_are_counted(support, carol):
    StripeEvent.objects.create(id="evt_1", type="x", payload={}, state="failed")
    assert "1 failed</a>" in support.get("/admin/")


def test_they_are_counted_once_in_ten_seconds(carol, django_assert_num_queries):
    today.numbers()
    with django_assert_num_queries(0):
        today.numbers()


def test_they_take_few_queries(carol, django_assert_num_queries):
    with django_assert_num_queries(6):
        today.numbers()
