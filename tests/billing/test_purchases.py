"""What a purchase's events do to balance and debt, in whatever order they come."""

from itertools import permutations
from uuid import uuid4

import pytest

from billing import credits, plans
from billing.errors import InsufficientCredits
from billing.models import CreditAccount, DebtEntry, LedgerEntry, Purchase
from tests.billing import told
from tests.billing.conftest import new_purchase

pytestmark = pytest.mark.usefixtures("right_books")


def state(user) -> tuple[int, int]:
    return credits.balance(user), credits.debt(user)


def spend(user, amount: int) -> None:
    credits.reserve(user, amount, job=uuid4())


def test_an_unpaid_checkout_grants_nothing(tell, wanted, poor):
    tell(told.completed(wanted, payment_status="unpaid"))
    assert state(poor) == (0, 0)


def test_a_payment_that_takes_days_grants_when_it_succeeds(tell, wanted, poor):
    late = told.completed(wanted)
    late["type"] = "checkout.session.async_payment_succeeded"
    tell(told.completed(wanted, payment_status="unpaid"), late)
    assert state(poor) == (100_000, 0)


def test_a_promotion_of_everything_grants_without_a_payment(tell, wanted, poor):
    free = {"payment_status": "no_payment_required", "payment_intent": None, "amount_total": 0}
    tell(told.completed(wanted, **free))
    assert state(poor) == (100_000, 0)


def test_a_changed_pack_does_not_change_what_was_bought(tell, wanted, pack, poor):
    pack.credits, pack.price_minor = 1, 1
    pack.save()
    tell(told.completed(wanted))
    assert state(poor) == (100_000, 0)


def test_credits_named_in_metadata_do_not_count(tell, wanted, poor):
    tell(told.completed(wanted, metadata={"purchase": str(wanted.pk), "credits": "999999"}))
    assert state(poor) == (100_000, 0)


def test_the_payment_of_a_checkout_grants_nothing_by_itself(tell, wanted, poor):
    tell(told.succeeded(wanted))
    assert state(poor) == (0, 0)


def test_a_refund_takes_the_credits_back(tell, wanted, poor):
    tell(told.completed(wanted), told.refunded(wanted))
    assert state(poor) == (0, 0)


def test_half_a_refund_takes_half(tell, wanted, poor):
    tell(told.completed(wanted), told.refunded(wanted, 2_500))
    assert state(poor) == (50_000, 0)


def test_a_refund_in_two_parts_takes_each_once(tell, wanted, poor):
    tell(told.completed(wanted), told.refunded(wanted, 5_000), told.refunded(wanted, 2_500))
    assert state(poor) == (0, 0)


def test_a_share_is_rounded_in_favour_of_the_customer(tell, wanted, poor):
    tell(told.completed(wanted, amount_total=3), told.refunded(wanted, 1))
    assert state(poor) == (100_000 - 33_333, 0)


def test_a_refund_is_a_share_of_what_was_paid_not_of_the_list_price(tell, wanted, poor):
    tell(told.completed(wanted, amount_total=2_500), told.refunded(wanted, 2_500))
    assert state(poor) == (0, 0)


def test_a_refund_that_failed_gives_the_credits_back(tell, wanted, poor):
    tell(
        told.completed(wanted),
        told.refund(wanted, "1", 5_000),
        told.refunded(wanted),
        told.refund(wanted, "1", 5_000, "failed"),
    )
    assert state(poor) == (100_000, 0)


def test_one_refund_that_failed_gives_back_no_more_than_its_own(tell, wanted, poor):
    tell(
        told.completed(wanted),
        told.refund(wanted, "1", 1_000),
        told.refund(wanted, "2", 1_500),
        told.refund(wanted, "2", 1_500, "failed"),
    )
    assert state(poor) == (80_000, 0)


def test_a_payment_stays_with_the_purchase_that_it_paid(tell, wanted, poor, pack):
    other = new_purchase(poor, pack)
    tell(told.completed(wanted), told.succeeded(other, id=told.intent_of(wanted)))
    assert wanted.payments.count() == 1


def test_a_refund_beyond_the_balance_leaves_a_debt(tell, wanted, poor):
    tell(told.completed(wanted))
    spend(poor, 70_000)
    tell(told.refunded(wanted))
    assert state(poor) == (0, 70_000)


def test_a_debt_is_paid_by_the_next_credits(tell, wanted, poor):
    tell(told.completed(wanted))
    spend(poor, 70_000)
    tell(told.refunded(wanted))
    credits.grant(poor, 100_000, reason="sorry")
    assert state(poor) == (30_000, 0)


def test_a_debt_paid_shows_as_an_entry_of_its_own(tell, wanted, poor):
    tell(told.completed(wanted))
    spend(poor, 70_000)
    tell(told.refunded(wanted))
    credits.grant(poor, 100_000, reason="sorry")
    rows = list(LedgerEntry.objects.order_by("-pk").values_list("kind", "amount")[:2])
    assert rows == [("debt", -70_000), ("grant", 100_000)]


def test_a_debt_is_paid_by_a_job_that_failed(tell, wanted, poor):
    tell(told.completed(wanted))
    job = uuid4()
    credits.reserve(poor, 70_000, job=job)
    tell(told.refunded(wanted))
    credits.release(job)
    assert state(poor) == (0, 0)


def test_nothing_can_be_used_while_there_is_a_debt(tell, wanted, poor):
    tell(told.completed(wanted))
    spend(poor, 70_000)
    tell(told.refunded(wanted))
    with pytest.raises(InsufficientCredits):
        spend(poor, 1)


def test_a_debt_names_the_purchase(tell, wanted, poor):
    tell(told.completed(wanted))
    spend(poor, 70_000)
    tell(told.refunded(wanted))
    assert DebtEntry.objects.get().purchase == wanted


def test_a_dispute_takes_the_credits_at_once(tell, wanted, poor):
    tell(told.completed(wanted), told.dispute(wanted))
    assert state(poor) == (0, 0)


def test_a_dispute_that_is_won_gives_them_back(tell, wanted, poor):
    tell(told.completed(wanted), told.dispute(wanted), told.dispute(wanted, "won"))
    assert state(poor) == (100_000, 0)


def test_a_dispute_that_is_lost_keeps_them(tell, wanted, poor):
    tell(told.completed(wanted), told.dispute(wanted), told.dispute(wanted, "lost"))
    assert state(poor) == (0, 0)


def test_an_inquiry_takes_nothing(tell, wanted, poor):
    tell(told.completed(wanted), told.dispute(wanted, "warning_needs_response"))
    assert state(poor) == (100_000, 0)


def test_refund_and_dispute_together_take_no_more_than_was_granted(tell, wanted, poor):
    tell(told.completed(wanted), told.refunded(wanted), told.dispute(wanted))
    assert state(poor) == (0, 0)


def test_other_credits_are_not_touched_by_a_refund(tell, wanted, poor):
    credits.grant(poor, 500, reason="welcome")
    tell(told.completed(wanted), told.refunded(wanted))
    assert state(poor) == (500, 0)


def test_a_receipt_is_kept_to_show(tell, wanted):
    tell(told.completed(wanted), told.refunded(wanted, 1))
    assert Purchase.objects.get().receipt_url == "https://receipts.example/1"


@pytest.mark.parametrize("kind", ["expired", "async_payment_failed"])
def test_a_checkout_that_came_to_nothing_says_so(tell, wanted, kind):
    tell(told.event(f"checkout.session.{kind}", {"client_reference_id": str(wanted.pk)}))
    assert Purchase.objects.get().status in ("expired", "failed")


FOUR_OF_A_PURCHASE = [
    lambda purchase: told.completed(purchase),
    lambda purchase: told.succeeded(purchase),
    lambda purchase: told.refunded(purchase, 2_000),
    lambda purchase: told.dispute(purchase, amount=1_500),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_four_events_in_every_order_end_alike(tell, wanted, poor, order):
    events = [make(wanted) for make in FOUR_OF_A_PURCHASE]
    tell(*[events[index] for index in order])
    assert state(poor) == (30_000, 0)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_four_events_in_every_order_end_alike_when_the_credits_are_gone(
    tell, wanted, pack, poor, order
):
    other = new_purchase(poor, pack)
    tell(told.completed(other))
    spend(poor, 100_000)
    events = [make(wanted) for make in FOUR_OF_A_PURCHASE]
    events[2] = told.refunded(other)
    tell(*[events[index] for index in order])
    # 100 000 bought, 30 000 of it disputed, 100 000 owed for what was used and refunded.
    assert state(poor) == (0, 30_000)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_months_events_in_every_order_end_alike(tell, poor, customer, monthly, order):
    events = [
        told.invoice_paid(customer, monthly.stripe_price, payment_intent="pi_in_1"),
        told.subscription(customer, monthly.stripe_price, created=100),
        told.subscription(customer, monthly.stripe_price, "canceled", created=200),
        told.event(
            "charge.refunded", {"id": "ch", "payment_intent": "pi_in_1", "amount_refunded": 500}
        ),
    ]
    tell(*[events[index] for index in order])
    assert (state(poor), plans.standing(poor).subscription_status) == ((15_000, 0), "canceled")


SIX = [
    lambda purchase, plan: told.completed(purchase),
    lambda purchase, plan: told.refunded(purchase, 1_000),
    lambda purchase, plan: told.dispute(purchase, "won"),
    lambda purchase, plan: told.invoice_paid("cus_poor", plan.stripe_price),
    lambda purchase, plan: told.subscription("cus_poor", plan.stripe_price, created=100),
]


@pytest.mark.parametrize("order", list(permutations(range(5)))[::5])
def test_purchase_and_plan_together_end_alike(tell, wanted, poor, customer, monthly, order):
    events = [make(wanted, monthly) for make in SIX] + [told.dispute(wanted)]
    tell(events[5], *[events[index] for index in order])
    assert state(poor) == (80_000 + 20_000, 0)
    assert plans.standing(poor).plan == "Studio"


def test_no_account_holds_both_credits_and_a_debt(tell, wanted, poor):
    tell(told.completed(wanted))
    spend(poor, 100_000)
    tell(told.refunded(wanted, 2_500), told.dispute(wanted, "won"))
    credits.grant(poor, 10_000, reason="welcome")
    account = CreditAccount.objects.get(user=poor)
    assert (account.balance, account.debt) == (0, 40_000)
