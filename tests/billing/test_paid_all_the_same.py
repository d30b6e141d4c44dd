"""What is paid at the very moment of an erasure is ended and refunded."""

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import erasure
from accounts.models import User
from billing import departures, effects
from billing.models import Purchase
from tests.billing import told
from tests.billing.conftest import new_purchase
from tests.billing.shop import session_of
from tests.billing.test_top_ups import spend, turn_on


class TestPaidAllTheSame:
    """On a page that was being opened or paid at the very moment of the erasure."""

    @pytest.fixture
    def gone(self, shop, stripe_server, poor):
        """Erases, while Stripe takes the payments of pages that are open."""

        def erase() -> None:
            User.objects.filter(pk=poor.pk).update(is_active=False, erasure_asked_at=timezone.now())
            erasure.resume()

        return erase

    @pytest.fixture
    def pages(self, shop, studio, pack, gone):
        """Of a plan and a pack, open at the erasure."""
        addresses = shop.go(f"plan/{studio.pk}/"), shop.go(f"buy/{pack.pk}/")
        gone()
        return [session_of(address) for address in addresses]

    @pytest.fixture
    def plan(self, shop, pages, stripe_server):
        """The subscription."""
        held = shop.pay(pages[0])["subscription"]
        shop.bring()
        return lambda: stripe_server.find("subscription", id=held)[0]

    @pytest.fixture
    def bought(self, shop, pages):
        """What became of the purchase."""
        shop.pay(pages[1])
        shop.bring()
        return lambda: Purchase.objects.get(kind="pack").status

    def test_a_plan_is_ended(self, plan):
        departures.settle()
        assert plan()["status"] == "canceled"

    def test_its_first_month_is_refunded(self, plan, shop):
        departures.settle()
        shop.bring()
        month = Purchase.objects.get(kind="subscription")
        assert (shop.balance, month.status) == (0, "refunded")

    def test_a_pack_is_refunded(self, bought, shop):
        departures.settle()
        shop.bring()
        assert (shop.balance, bought()) == (0, "refunded")

    def test_a_top_up_is_refunded(self, shop, pack, poor, gone):
        shop.buy(pack, saves_card="on")
        shop.bring()
        turn_on(poor, pack)
        spend(poor, 0)
        shop.run_errands()
        gone()
        shop.bring()
        departures.settle()
        shop.bring()
        assert Purchase.objects.get(kind="top_up").status == "refunded"

    def test_it_is_done_once(self, plan, bought, shop, stripe_server):
        departures.settle()
        shop.bring()
        again = departures.settle()
        assert (again, len(stripe_server.find("refund"))) == (0, 2)

    def test_while_stripe_is_away_it_waits(self, plan, bought, shop, stripe_server):
        stripe_server.fail("error", status=503, times=99)
        departures.settle()
        stripe_server.clear_faults()
        departures.settle()
        shop.bring()
        assert (plan()["status"], shop.balance) == ("canceled", 0)

    def test_one_that_stripe_refuses_to_refund_keeps_no_other(self, plan, shop, pack, poor):
        unknown = new_purchase(poor, pack)
        with transaction.atomic():
            effects.apply(told.completed(unknown))
        departures.settle()
        shop.bring()
        assert set(Purchase.objects.values_list("kind", "refunded")) == {
            ("pack", 0),
            ("subscription", 20_000),
        }

    def test_a_refund_that_failed_is_left_to_people(self, bought, shop, stripe_server):
        departures.settle()
        stripe_server.fail_refund(stripe_server.find("refund")[0]["id"])
        shop.bring()
        departures.settle()
        assert len(stripe_server.find("refund")) == 1

    def test_what_was_paid_before_stays_paid(self, shop, pack, gone):
        shop.buy(pack)
        shop.bring()
        gone()
        departures.settle()
        shop.bring()
        assert Purchase.objects.get().status == "paid"

    def test_what_others_pay_stays_paid(self, shop, pack, rich):
        erasure.erase(rich)
        shop.buy(pack)
        shop.bring()
        departures.settle()
        shop.bring()
        assert shop.balance == 100_000
