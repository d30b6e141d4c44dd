"""Metered accounts: no credits needed, one event for each completed picture, none lost or double."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from billing import credits, metering
from billing.errors import InsufficientCredits
from billing.models import (
    CreditAccount,
    LedgerEntry,
    MeterEvent,
    Plan,
    StripeCustomer,
    TopUpAttempt,
)
from tests.billing import told
from tests.billing.test_top_ups import turn_on
from tests.racing import at_once


def use(user, *, completes: bool = True):
    job = uuid4()
    credits.reserve(user, 300, job=job)
    if completes:
        metering.note_completion(job)
    else:
        credits.release(job)
    return job


def states() -> list[str]:
    return list(MeterEvent.objects.values_list("state", flat=True))


def test_pictures_need_no_credits(subscribed):
    use(subscribed.user)
    assert subscribed.balance == 0


def test_credits_there_are_stay(subscribed):
    credits.grant(subscribed.user, 500, reason="welcome")
    use(subscribed.user)
    assert subscribed.balance == 500


def test_pictures_on_the_invoice_charge_no_card_for_credits(tell, poor, customer, metered, pack):
    turn_on(poor, pack)
    tell(told.subscription(customer, metered.stripe_price))
    use(poor)
    assert not TopUpAttempt.objects.exists()


def test_the_statement_shows_the_usage_and_its_opposite(subscribed):
    use(subscribed.user)
    rows = LedgerEntry.objects.order_by("pk").values_list("kind", "amount")
    assert list(rows) == [("metered", 300), ("usage", -300)]


def test_a_completed_picture_is_told(subscribed, stripe_server):
    job = use(subscribed.user)
    subscribed.run_errands()
    (event,) = stripe_server.meter_events()
    assert (event["identifier"], event["payload"]["value"]) == (str(job), "1")


def test_a_picture_is_told_of_the_customer_who_sent_it(subscribed, rich, stripe_server):
    StripeCustomer.objects.create(user=rich, customer="cus_rich")
    use(subscribed.user)
    subscribed.run_errands()
    (event,) = stripe_server.meter_events()
    assert event["payload"]["stripe_customer_id"] == subscribed.customer


def test_the_first_picture_needs_no_account_of_credits(tell, poor, customer, metered):
    tell(told.subscription(customer, metered.stripe_price))
    use(poor)
    assert states() == ["pending"]


def test_a_picture_that_is_not_completed_is_not_told(subscribed, stripe_server):
    credits.reserve(subscribed.user, 300, job=uuid4())
    subscribed.run_errands()
    assert stripe_server.meter_events() == []


def test_a_failed_picture_is_never_told(subscribed, stripe_server):
    job = use(subscribed.user, completes=False)
    metering.note_completion(job)
    subscribed.run_errands()
    assert (stripe_server.meter_events(), states()) == ([], ["dropped"])


def test_a_failed_picture_leaves_no_credits_behind(subscribed):
    use(subscribed.user, completes=False)
    assert subscribed.balance == 0


def test_it_is_told_once_however_often_errands_are_run(subscribed, stripe_server):
    use(subscribed.user)
    for _ in range(3):
        subscribed.run_errands()
    assert len(stripe_server.meter_events()) == 1


def test_a_lost_answer_does_not_count_twice(subscribed, stripe_server):
    use(subscribed.user)
    stripe_server.fail("drop_after", path="/v1/billing/meter_events", times=10)
    subscribed.run_errands()
    stripe_server.clear_faults()
    MeterEvent.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    subscribed.run_errands()
    assert (len(stripe_server.meter_events()), states()) == (1, ["sent"])


def test_while_stripe_is_down_it_waits(subscribed, stripe_server):
    use(subscribed.user)
    stripe_server.fail("error", path="/v1/billing/meter_events", status=503, times=99)
    subscribed.run_errands()
    assert states() == ["pending"]


def test_an_unknown_meter_is_refused_and_kept(subscribed):
    Plan.objects.update(meter_event_name="portraits")
    use(subscribed.user)
    subscribed.run_errands()
    event = MeterEvent.objects.get()
    assert (event.state, "No active meter" in event.error) == ("refused", True)


def test_the_month_is_invoiced_by_the_picture(subscribed, stripe_server):
    for _ in range(3):
        use(subscribed.user)
    subscribed.run_errands()
    invoice = stripe_server.advance(subscribed.held)
    assert invoice["total"] == 15


def test_after_the_end_of_the_plan_credits_are_needed(subscribed, stripe_server):
    stripe_server.end_subscription(subscribed.held)
    subscribed.bring()
    with pytest.raises(InsufficientCredits):
        use(subscribed.user)


def test_a_picture_accepted_before_the_end_is_still_told(subscribed, stripe_server):
    job = uuid4()
    credits.reserve(subscribed.user, 300, job=job)
    stripe_server.end_subscription(subscribed.held)
    subscribed.bring()
    metering.note_completion(job)
    subscribed.run_errands()
    assert len(stripe_server.meter_events()) == 1


def test_who_owes_for_last_month_pays_with_credits(tell, poor, customer, metered):
    tell(told.subscription(customer, metered.stripe_price, "past_due"))
    with pytest.raises(InsufficientCredits):
        use(poor)


def test_a_plan_of_somebody_elses_pays_for_nobody(tell, poor, rich, customer, metered):
    StripeCustomer.objects.create(user=rich, customer="cus_rich")
    tell(
        told.subscription("cus_rich", metered.stripe_price),
        told.subscription(customer, metered.stripe_price, "canceled"),
    )
    with pytest.raises(InsufficientCredits):
        use(poor)


def test_a_picture_counts_at_the_moment_of_its_completion(tell, poor, customer, metered):
    tell(told.subscription(customer, metered.stripe_price))
    job = uuid4()
    credits.reserve(poor, 300, job=job)
    MeterEvent.objects.update(happened_at="2020-01-01T00:00Z")
    metering.note_completion(job)
    assert timezone.now() - MeterEvent.objects.get().happened_at < timedelta(minutes=1)


def test_a_debt_stays_while_pictures_go_on_the_invoice(tell, wanted, poor, customer, metered):
    tell(told.completed(wanted))
    credits.reserve(poor, 100_000, job=uuid4())
    tell(told.refunded(wanted), told.subscription(customer, metered.stripe_price))
    use(poor, completes=False)
    use(poor)
    assert (credits.balance(poor), credits.debt(poor)) == (0, 100_000)


@pytest.mark.django_db(transaction=True)
def test_ten_sweeps_at_once_tell_each_picture_once(subscribed, stripe_server):
    for _ in range(5):
        use(subscribed.user)
    at_once(lambda _: metering.send_due(), range(10))
    assert len(stripe_server.meter_events()) == 5


def used(user, count: int) -> None:
    """Completed pictures, without the jobs that they would be of."""
    account = CreditAccount.objects.get(user=user)
    row = {"account": account, "event_name": "images", "state": "pending"}
    MeterEvent.objects.bulk_create(MeterEvent(job=uuid4(), **row) for _ in range(count))


def test_more_pictures_than_are_read_at_once_are_told_in_one_round(
    subscribed, stripe_server, monkeypatch
):
    monkeypatch.setattr(metering, "_AT_ONCE", 5)
    use(subscribed.user)
    used(subscribed.user, 11)
    assert (subscribed.run_errands()["metered"], states()) == (12, ["sent"] * 12)


def test_a_round_ends_in_its_time(subscribed, monkeypatch):
    use(subscribed.user)
    used(subscribed.user, 3)
    monkeypatch.setattr(metering, "ROUND_S", -1.0)
    assert (subscribed.run_errands()["metered"], states()) == (0, ["pending"] * 4)


def test_a_round_without_answers_asks_for_each_picture_once(subscribed, stripe_server, monkeypatch):
    monkeypatch.setattr(metering, "_AT_ONCE", 2)
    use(subscribed.user)
    used(subscribed.user, 4)
    stripe_server.fail("error", path="/v1/billing/meter_events", status=429, times=99)
    subscribed.run_errands()
    assert set(MeterEvent.objects.values_list("attempts", flat=True)) == {1}


def test_of_one_account_those_of_others_do_not_come_before(subscribed, rich, monkeypatch):
    used(rich, 2)
    use(subscribed.user)
    monkeypatch.setattr(metering, "_AT_ONCE", 1)
    assert metering.send_due(subscribed.user) == 1
