"""What the overview says of the next invoice of a metered plan."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from billing import credits
from billing.models import (
    MeterEvent,
    Subscription,
)
from services.models import UsageDay
from tests.billing.test_metering import use


class TestOverview:
    """`/account/`: what the next invoice will say."""

    @pytest.fixture
    def line(self, subscribed):
        def shown() -> str:
            html = subscribed.client.get("/account/").content.decode()
            text = re.search(r'<p class="answer">(.*?)</p>', html, re.DOTALL)
            assert text
            return re.sub(r"<.*?>", "", text[1])

        return shown

    def test_counts_what_was_completed_on_the_plan(self, subscribed, line):
        for completes in (True, True, False):
            use(subscribed.user, completes=completes)
        credits.reserve(subscribed.user, 300, job=uuid4())  # still running
        assert line().startswith("2 images since ")

    def test_counts_nothing_that_credits_paid(self, shop, business, line):
        UsageDay.objects.create(
            owner=shop.user, day=timezone.now().date(), service="x", bucket=1, jobs=5, paid=5
        )
        assert line().startswith("0 images since ")

    def test_counts_what_stripe_was_told_already(self, subscribed, line):
        use(subscribed.user)
        subscribed.run_errands()
        assert line().startswith("1 image since ")

    def test_counts_nothing_that_stripe_refused(self, subscribed, line):
        use(subscribed.user)
        MeterEvent.objects.update(state="refused")
        assert line().startswith("0 images since ")

    def test_names_the_day_on_which_the_period_began(self, line):
        assert (
            f"since {timezone.now():%-d %B %Y}, on the next invoice of your plan Business" in line()
        )

    def test_begins_anew_with_each_invoice(self, subscribed, stripe_server, line):
        use(subscribed.user)
        MeterEvent.objects.update(happened_at=timezone.now() - timedelta(seconds=5))
        Subscription.objects.update(period_began_at=timezone.now() - timedelta(seconds=1))
        assert line().startswith("0 images since ")

    def test_begins_anew_when_the_period_has_ended_though_stripe_has_not_told_yet(
        self, subscribed, line
    ):
        use(subscribed.user)
        MeterEvent.objects.update(happened_at=timezone.now() - timedelta(seconds=5))
        Subscription.objects.update(
            period_began_at=timezone.now() - timedelta(days=30),
            period_ends_at=timezone.now() - timedelta(seconds=1),
        )
        assert line().startswith("0 images since ")

    def test_tells_no_number_while_the_period_is_not_known(self, subscribed, line):
        Subscription.objects.update(period_began_at=None)
        assert line() == "Every completed image is on the next invoice of your plan Business."
