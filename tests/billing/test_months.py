"""What is left of a month when it ends, and what its refunds and disputes take back."""

import pytest

from billing import credits
from billing.audit import discrepancies
from billing.models import (
    Plan,
)
from tests.billing import told
from tests.billing.conftest import held_job, new_purchase


@pytest.fixture
def in_debt(tell, wanted, poor) -> None:
    """Two hundred credits, bought, spent and refunded."""
    tell(told.completed(wanted))
    credits.reserve(poor, 100_000, job=held_job(1))
    tell(told.refunded(wanted, 1_000))


@pytest.fixture
def bring_month(tell, customer, monthly):
    """The invoice of a month."""
    numbers = iter(range(100))
    return lambda: tell(told.invoice_paid(customer, monthly.stripe_price, f"in_{next(numbers)}"))


def test_included_credits_that_paid_a_debt_expire_no_more(in_debt, bring_month, tell, poor, pack):
    bring_month()
    tell(told.completed(new_purchase(poor, pack)))
    bring_month()
    assert credits.balance(poor) == 100_000 + 20_000


def test_included_credits_that_a_refund_took_expire_no_more(bring_month, tell, wanted, poor, pack):
    tell(told.completed(wanted))
    credits.reserve(poor, 100_000, job=held_job(1))
    bring_month()
    tell(told.refunded(wanted), told.completed(new_purchase(poor, pack)))
    bring_month()
    assert credits.balance(poor) == 20_000 + 20_000


def test_what_a_picture_of_the_month_before_gives_back_does_not_expire(bring_month, poor):
    credits.grant(poor, 10_000, reason="bought")
    credits.reserve(poor, 9_000, job=held_job(1))
    bring_month()
    credits.release(held_job(1))
    bring_month()
    assert credits.balance(poor) == 10_000 + 5_000 + 20_000


def test_what_another_account_uses_is_no_use_of_the_plan(bring_month, rich, poor):
    bring_month()
    credits.reserve(rich, 10_000, job=held_job(1))
    bring_month()
    assert credits.balance(poor) == 5_000 + 20_000


def test_what_a_lost_dispute_took_of_a_month_does_not_expire_again(bring_month, tell, poor):
    bring_month()
    credits.grant(poor, 30_000, reason="a present")
    tell(told.invoice_payment("in_0", "pi_1"))
    told_of = {"id": "dp_1", "payment_intent": "pi_1", "amount": 2_000, "status": "lost"}
    tell(told.event("charge.dispute.closed", told_of))
    bring_month()
    assert credits.balance(poor) == 30_000 + 20_000


#: Hundredths used of the first month, what of its 20 dollars goes back, what is left in the second.
RETURNS_OF_A_MONTH = [
    (0, 2_000, 20_000),
    (0, 1_000, 25_000),
    (10_000, 2_000, 10_000),
    (10_000, 1_000, 20_000),
    (18_000, 2_000, 2_000),
    (20_000, 500, 15_000),
]


@pytest.mark.parametrize("what", ["refund", "dispute"])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("used", "amount", "left"), RETURNS_OF_A_MONTH)
def test_what_expired_with_its_month_is_not_taken_for_its_refund_again(
    bring_month, tell, poor, used, amount, left, is_first, what
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    if used:
        credits.reserve(poor, used, job=held_job(1))
    steps = [lambda: tell(of_month(what, amount)), bring_month]
    for step in steps if is_first else reversed(steps):
        step()
    assert credits.balance(poor) - credits.debt(poor) == left


def of_month(what: str, amount: int):
    """Of the payment of the first month."""
    if what == "refund":
        return told.event("charge.refunded", {"payment_intent": "pi_1", "amount_refunded": amount})
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": amount, "status": "lost"}
    return told.event("charge.dispute.closed", fields)


def test_refunds_before_and_after_its_credits_expired_are_one(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), of_month("refund", 500))
    bring_month()
    between = credits.balance(poor)
    tell(of_month("refund", 2_000))
    assert (between, credits.balance(poor)) == (25_000, 20_000)


#: When the first of three months, of which nothing is used, is refunded in part or whole.
@pytest.mark.parametrize("months_before", [1, 2, 3, 4])
@pytest.mark.parametrize("amount", [500, 1_000, 1_500, 2_000])
def test_what_rolled_over_and_expired_later_is_not_taken_for_its_refund_either(
    bring_month, tell, poor, months_before, amount
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    for _ in range(months_before - 1):
        bring_month()
    tell(of_month("refund", amount))
    for _ in range(4 - months_before):
        bring_month()
    # Less only where it is refunded while its credits are there.
    assert credits.balance(poor) == 25_000


def test_what_rolled_over_and_was_used_is_taken_for_its_refund(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    credits.reserve(poor, 25_000, job=held_job(1))
    bring_month()
    tell(of_month("refund", 2_000))
    assert credits.balance(poor) == 15_000


@pytest.mark.parametrize("amounts", [[2_000], [1_000, 2_000], [500, 1_000, 1_500, 2_000]])
def test_what_expired_later_counts_once_however_often_its_month_is_refunded(
    bring_month, tell, poor, amounts
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    credits.reserve(poor, 10_000, job=held_job(1))
    bring_month()
    bring_month()
    for amount in amounts:
        tell(of_month("refund", amount))
    # The hundred that were used; of the others half expired at once and half with the next month.
    assert credits.balance(poor) == 25_000 - 10_000


def test_what_expired_counts_once_for_refunds_of_two_months(bring_month, tell, poor):
    for _ in range(3):
        bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), told.invoice_payment("in_1", "pi_2"))
    for intent in ("pi_1", "pi_2"):
        whole = {"payment_intent": intent, "amount_refunded": 2_000}
        tell(told.event("charge.refunded", whole))
    # Of four hundred, three hundred and fifty had expired.
    assert credits.balance(poor) == 25_000 - 5_000


def test_what_rolled_over_expires_for_its_refund_also_where_the_plan_lets_none_over_any_more(
    bring_month, tell, poor, monthly
):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    Plan.objects.update(rollover_cap=0)
    bring_month()
    tell(of_month("refund", 2_000))
    assert credits.balance(poor) == 20_000


def test_a_dispute_of_a_month_long_gone_that_is_won_moves_nothing(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    bring_month()
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": 2_000, "status": "needs_response"}
    tell(told.event("charge.dispute.created", fields))
    during = credits.balance(poor)
    tell(told.event("charge.dispute.closed", fields | {"status": "won"}))
    assert (during, credits.balance(poor)) == (25_000, 25_000)


def test_a_dispute_of_an_earlier_month_that_is_won_gives_back_what_it_took(bring_month, tell, poor):
    bring_month()
    tell(told.invoice_payment("in_0", "pi_1"))
    bring_month()
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": 2_000, "status": "needs_response"}
    tell(told.event("charge.dispute.created", fields))
    during = credits.balance(poor)
    tell(told.event("charge.dispute.closed", fields | {"status": "won"}))
    assert (during, credits.balance(poor)) == (20_000, 25_000)


@pytest.mark.parametrize("is_won_first", [True, False])
@pytest.mark.parametrize("disputed", [1_000, 2_000])
def test_a_dispute_that_was_won_changes_nothing_of_another_months_refund(
    bring_month, tell, poor, is_won_first, disputed
):
    for _ in range(3):
        bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), told.invoice_payment("in_1", "pi_2"))
    fields = {"id": "dp_1", "payment_intent": "pi_1", "amount": disputed}
    tell(told.event("charge.dispute.created", fields | {"status": "needs_response"}))
    won = told.event("charge.dispute.closed", fields | {"status": "won"})
    refunded = told.event("charge.refunded", {"payment_intent": "pi_2", "amount_refunded": 2_000})
    tell(*((won, refunded) if is_won_first else (refunded, won)))
    # Two hundred had expired with the second month, as many as its refund comes to.
    assert (credits.balance(poor), discrepancies()) == (25_000, [])


def test_a_refund_that_partly_failed_keeps_what_expired_for_the_rest(bring_month, tell, poor):
    for _ in range(3):
        bring_month()
    tell(told.invoice_payment("in_0", "pi_1"), told.invoice_payment("in_1", "pi_2"))
    refunds = [
        {"id": f"re_{amount}", "payment_intent": "pi_1", "amount": amount}
        for amount in (1_800, 100)
    ]
    tell(*(told.event("refund.created", fields | {"status": "succeeded"}) for fields in refunds))
    tell(told.event("refund.failed", refunds[1] | {"status": "failed"}))
    tell(told.event("charge.refunded", {"payment_intent": "pi_2", "amount_refunded": 2_000}))
    # Of a hundred and eighty, a hundred and fifty expired with the first month and thirty with the next.
    assert (credits.balance(poor), discrepancies()) == (22_000, [])
