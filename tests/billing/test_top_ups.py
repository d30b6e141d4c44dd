"""Automatic top-up: when it charges, how often, and what its owner is told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from billing import credits, top_up_requests, top_ups
from billing.models import AutoTopUp, CreditAccount, Purchase, TopUpAttempt
from tests.pictures import picture
from tests.racing import at_once
from tests.stripe_server.resources import cards


def turn_on(user, pack, **wishes) -> None:
    account, _ = CreditAccount.objects.get_or_create(user=user)
    values = {"is_enabled": True, "threshold": 5_000, "pack": pack, "most_per_day": 3}
    AutoTopUp.objects.update_or_create(account=account, defaults=values | wishes)


def spend(user, left: int) -> None:
    credits.reserve(user, credits.balance(user) - left, job=uuid4())


def states() -> list[str]:
    return list(TopUpAttempt.objects.order_by("created_at").values_list("state", flat=True))


@pytest.fixture
def saved(shop, pack):
    """A thousand credits, and a card that was saved when they were bought."""
    shop.buy(pack, saves_card="on")
    shop.bring()
    turn_on(shop.user, pack)
    return shop


def test_below_the_threshold_the_card_is_charged_and_credits_come(saved):
    spend(saved.user, 4_999)
    saved.run_errands()
    saved.bring()
    assert saved.balance == 104_999


def test_at_the_threshold_nothing_is_charged(saved):
    spend(saved.user, 5_000)
    saved.run_errands()
    assert states() == []


def test_it_is_off_until_turned_on(shop, pack):
    shop.buy(pack, saves_card="on")
    shop.bring()
    spend(shop.user, 0)
    assert states() == []


def test_turned_off_it_charges_nothing(saved, pack):
    turn_on(saved.user, pack, is_enabled=False)
    spend(saved.user, 0)
    assert states() == []


def test_who_wants_none_has_nobody_elses_card_charged(saved, rich):
    spend(rich, 0)
    assert states() == []


@pytest.fixture
def two(poor, rich, pack) -> TopUpAttempt:
    """Two accounts that want a top-up a day ask for their first; the earlier one."""
    for user in (poor, rich):
        turn_on(user, pack, most_per_day=1)
        credits.grant(user, 1, reason="something to spend")
        spend(user, 0)
    return TopUpAttempt.objects.earliest("created_at")


def test_what_one_account_is_charged_keeps_no_other_from_its_own(two):
    assert states() == ["pending", "pending"]


def test_a_declined_card_ends_no_other_accounts_top_up(two):
    top_ups.fail(two.purchase, "declined")
    assert states() == ["failed", "pending"]


def test_a_payment_ends_no_other_accounts_top_up(two):
    top_ups.succeed(two.purchase)
    assert states() == ["succeeded", "pending"]


def test_credits_come_only_when_stripe_tells(saved):
    spend(saved.user, 0)
    saved.run_errands()
    assert (saved.balance, states()) == (0, ["charged"])


def test_there_is_never_a_second_while_one_is_open(saved):
    spend(saved.user, 4_000)
    spend(saved.user, 3_000)
    saved.run_errands()
    spend(saved.user, 2_000)
    assert states() == ["charged"]


def test_no_more_are_charged_than_wanted_a_day(saved, pack):
    turn_on(saved.user, pack, most_per_day=2)
    for _ in range(4):
        spend(saved.user, 0)
        saved.run_errands()
        saved.bring()
        if not saved.balance:
            break
    assert states() == ["succeeded", "succeeded"]


def test_the_next_day_counts_anew(saved, pack):
    turn_on(saved.user, pack, most_per_day=1)
    spend(saved.user, 1)
    saved.run_errands()
    saved.bring()
    TopUpAttempt.objects.update(created_at=timezone.now() - timedelta(days=1))
    spend(saved.user, 0)
    assert states() == ["succeeded", "pending"]


def test_a_spending_that_is_rolled_back_charges_nobody(saved):
    with transaction.atomic():
        spend(saved.user, 0)
        transaction.set_rollback(True)
    assert states() == []


def test_a_mail_tells_of_success(saved):
    spend(saved.user, 0)
    saved.run_errands()
    saved.bring()
    saved.run_errands()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["poor@example.com"], "Credits topped up")
    assert "charged 50.00 USD for 1000 credits" in sent.body


def test_a_mail_is_sent_once(saved):
    spend(saved.user, 0)
    saved.run_errands()
    saved.bring()
    for _ in range(3):
        saved.run_errands()
    assert len(mail.outbox) == 1


def test_a_declined_card_brings_nothing_and_a_mail(saved, stripe_server):
    spend(saved.user, 0)
    stripe_server.decline_next()
    saved.run_errands()
    saved.bring()
    (sent,) = mail.outbox
    assert (saved.balance, states(), sent.subject) == (0, ["failed"], "Automatic top-up failed")


def test_a_card_that_asks_its_owner_is_a_failure(shop, pack):
    shop.buy(pack, card=cards.ASKS_ITS_OWNER, saves_card="on")
    shop.bring()
    turn_on(shop.user, pack)
    spend(shop.user, 0)
    shop.run_errands()
    assert states() == ["failed"]


def test_without_a_saved_card_it_says_so(shop, pack):
    shop.buy(pack)
    shop.bring()
    turn_on(shop.user, pack)
    spend(shop.user, 0)
    shop.run_errands()
    assert TopUpAttempt.objects.get().error == "No card is saved."


def test_a_lost_answer_is_asked_for_again_and_charges_once(saved, stripe_server):
    spend(saved.user, 0)
    stripe_server.fail("drop_after", path="/v1/payment_intents", times=10)
    saved.run_errands()
    stripe_server.clear_faults()
    TopUpAttempt.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    saved.run_errands()
    saved.bring()
    assert (saved.balance, len(stripe_server.find("payment_intent"))) == (100_000, 2)


def test_an_answer_that_never_comes_ends_as_a_failure(saved, stripe_server):
    spend(saved.user, 0)
    stripe_server.fail("error", path="/v1/payment_intents", status=503, times=99)
    saved.run_errands()
    yesterday = timezone.now() - top_ups.PATIENCE - timedelta(minutes=1)
    TopUpAttempt.objects.update(created_at=yesterday, held_until=yesterday)
    saved.run_errands()
    assert states() == ["failed"]


def test_an_event_after_a_failure_still_brings_the_credits(saved):
    spend(saved.user, 0)
    saved.run_errands()
    top_ups.fail(Purchase.objects.get(kind="top_up"), "no answer")
    saved.bring()
    assert (saved.balance, states()) == (100_000, ["succeeded"])


@pytest.mark.parametrize("ask", ["post", "post_batch"])
def test_a_request_that_the_balance_does_not_cover_asks_for_one(bob, pack, ask):
    turn_on(bob.user, pack)
    sent = [picture()] * 2 if ask == "post_batch" else picture()
    assert (getattr(bob, ask)(sent).status_code, states()) == (402, ["pending"])


def test_a_refused_request_asks_for_none_where_it_is_off(bob, pack):
    turn_on(bob.user, pack, is_enabled=False)
    bob.post(picture())
    assert states() == []


def test_refused_requests_ask_again_on_the_next_day(saved, pack):
    turn_on(saved.user, pack, most_per_day=1)
    spend(saved.user, 0)
    saved.run_errands()
    TopUpAttempt.objects.update(state="failed", created_at=timezone.now() - timedelta(days=1))
    top_up_requests.consider_refused(saved.user)
    assert states() == ["failed", "pending"]


def test_a_declined_card_is_left_alone_for_an_hour(saved, stripe_server):
    spend(saved.user, 0)
    stripe_server.decline_next()
    saved.run_errands()
    top_up_requests.consider_refused(saved.user)
    assert states() == ["failed"]


def test_that_hour_begins_when_the_card_is_declined(saved, stripe_server):
    spend(saved.user, 0)
    TopUpAttempt.objects.update(created_at=timezone.now() - timedelta(hours=2))
    stripe_server.decline_next()
    saved.run_errands()
    top_up_requests.consider_refused(saved.user)
    assert states() == ["failed"]


def test_after_that_hour_it_is_tried_again(saved, stripe_server):
    spend(saved.user, 0)
    stripe_server.decline_next()
    saved.run_errands()
    long_ago = timezone.now() - timedelta(minutes=61)
    TopUpAttempt.objects.update(created_at=long_ago, ended_at=long_ago)
    top_up_requests.consider_refused(saved.user)
    assert states() == ["failed", "pending"]


def test_the_form_turns_it_on(shop, pack):
    fields = {"is_enabled": "on", "threshold": "12.5", "pack": pack.pk, "most_per_day": "2"}
    shop.client.post("/account/billing/top-up/", fields)
    wish = AutoTopUp.objects.get()
    assert (wish.is_enabled, wish.threshold, wish.most_per_day) == (True, 1_250, 2)


@pytest.mark.parametrize(
    "wrong", [{"threshold": "0"}, {"threshold": "x"}, {"most_per_day": "11"}, {"pack": "999"}]
)
def test_the_form_refuses_nonsense(shop, pack, wrong):
    fields = {"is_enabled": "on", "threshold": "5", "pack": pack.pk, "most_per_day": "1"}
    response = shop.client.post("/account/billing/top-up/", fields | wrong)
    assert (response.status_code, AutoTopUp.objects.count()) == (400, 0)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_twenty_spendings_ask_for_one(self, saved):
        at_once(lambda _: credits.reserve(saved.user, 4_900, job=uuid4()), range(20))
        credits.reserve(saved.user, 1, job=uuid4())
        assert states() == ["pending"]

    def test_ten_sweeps_charge_once(self, saved, stripe_server):
        spend(saved.user, 0)
        at_once(lambda _: top_ups.charge_due(), range(10))
        assert len(stripe_server.find("payment_intent")) == 2
