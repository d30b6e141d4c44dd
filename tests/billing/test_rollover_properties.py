"""Months of a plan among everything else that moves credits: only the plan's own expire."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from billing import credits, effects
from billing.audit import discrepancies
from billing.models import CreditPack, LedgerEntry, Plan, Purchase, StripeCustomer
from tests.billing import told
from tests.billing.conftest import new_purchase

pytestmark = pytest.mark.django_db
INCLUDED, CAP = 200, 50
_pick = st.integers(0, 50)
STEPS = st.one_of(
    st.tuples(st.just("month"), st.none()),
    st.tuples(st.just("buy"), st.none()),
    st.tuples(st.just("refund"), _pick),
    st.tuples(st.just("use"), st.integers(1, 400)),
    st.tuples(st.just("fail"), _pick),
    st.tuples(st.just("adjust"), st.integers(-80, 80)),
)
_numbers = count(1)


@dataclass
class Account:
    """The same in plain arithmetic, one step after the other."""

    balance: int = 0
    debt: int = 0
    #: Of the month's and the carried credits; below zero, what pictures used of others this month.
    included: int = 0
    months: int = 0
    #: What running pictures took, and in which month.
    running: list[tuple[int, int]] = field(default_factory=list)

    def month(self) -> None:
        kept = min(max(0, self.included), CAP)
        self.balance -= max(0, self.included) - kept
        self.included = kept + INCLUDED
        self.months += 1
        self.come(INCLUDED)

    def come(self, amount: int) -> None:
        self.balance += amount
        paid = min(self.balance, self.debt)
        self.debt -= paid
        self.take(paid)

    def take(self, amount: int) -> None:
        self.balance -= amount
        if amount:
            self.included = min(self.included, self.balance)

    def refund(self, amount: int) -> None:
        taken = min(self.balance, amount)
        self.debt += amount - taken
        self.take(taken)

    def use(self, amount: int) -> bool:
        if amount > self.balance:
            return False
        self.balance -= amount
        self.included -= amount
        self.running.append((amount, self.months))
        return True

    def fail(self, index: int) -> None:
        amount, month = self.running.pop(index)
        if month == self.months:
            self.included += amount
        self.come(amount)


class Product:
    """A customer of the real one."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.user = User.objects.create(email=f"{number}@example.com")
        self.customer = f"cus_{number}"
        StripeCustomer.objects.create(user=self.user, customer=self.customer)
        self.plan = Plan.objects.create(
            name=str(number), kind="subscription", stripe_price=f"price_{number}",
            included_credits=INCLUDED, rollover_cap=CAP,
        )  # fmt: skip
        self.pack = CreditPack.objects.create(name="pack", credits=300, price_minor=300)
        self.bought: list[Purchase] = []
        self.running: list[UUID] = []

    def tell(self, event) -> None:
        with transaction.atomic():
            effects.apply(event)

    def month(self) -> str:
        """The payment of its invoice."""
        number = next(_numbers)
        invoice, intent = f"in_{number}", f"pi_{number}"
        self.tell(told.invoice_paid(self.customer, self.plan.stripe_price, invoice))
        self.tell(told.invoice_payment(invoice, intent))
        return intent

    def buy(self) -> None:
        self.bought.append(new_purchase(self.user, self.pack))
        self.tell(told.completed(self.bought[-1]))

    def refund(self, index: int) -> None:
        self.tell(told.refunded(self.bought.pop(index)))

    def use(self, amount: int) -> None:
        self.running.append(uuid4())
        credits.reserve(self.user, amount, job=self.running[-1])

    def fail(self, index: int) -> None:
        assert credits.release(self.running.pop(index))

    def adjust(self, amount: int) -> None:
        credits.grant(self.user, amount, reason="adjusted", kind=LedgerEntry.Kind.ADJUST)


def step(product: Product, account: Account, what: str, value) -> None:
    """One that is impossible now does nothing."""
    match what:
        case "month":
            product.month()
            account.month()
        case "buy":
            product.buy()
            account.come(300)
        case "refund" if product.bought:
            product.refund(value % len(product.bought))
            account.refund(300)
        case "use" if account.use(value):
            product.use(value)
        case "fail" if account.running:
            product.fail(value % len(product.running))
            account.fail(value % len(account.running))
        case "adjust" if value > 0:
            product.adjust(value)
            account.come(value)
        case "adjust" if 0 < -value <= account.balance:
            product.adjust(value)
            account.take(-value)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, max_size=25))
def test_whatever_happens_between_two_months_only_the_plans_own_credits_expire(db, steps):
    with undone():
        product, account = Product(), Account()
        for what, value in steps:
            step(product, account, what, value)
            found = credits.balance(product.user), credits.debt(product.user)
            assert found == (account.balance, account.debt)
        assert discrepancies() == []


@contextmanager
def undone() -> Iterator[None]:
    """What one example did is not looked through again in all that follow."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


PAID = 2_000  # by told.invoice_paid


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    used=st.integers(0, INCLUDED),
    sums=st.lists(st.integers(1, PAID), min_size=1, max_size=3).map(sorted),
    early=st.integers(0, 2),
)
def test_refunds_of_a_month_come_to_the_same_before_and_after_the_next_begins(
    db, used, sums, early
):
    with undone():
        ends = {refunded_in_time(used, sums[:count], sums[count:]) for count in (early, len(sums))}
        assert len(ends) == 1 and discrepancies() == []


def refunded_in_time(used: int, before: list[int], after: list[int]) -> int:
    """What is left of two months, less what is owed, when parts of the first were refunded."""
    product = Product()
    intent = product.month()
    if used:
        product.use(used)
    for refunded in before:
        product.tell(refunded_sum(intent, refunded))
    product.month()
    for refunded in after:
        product.tell(refunded_sum(intent, refunded))
    return credits.balance(product.user) - credits.debt(product.user)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    used=st.integers(0, INCLUDED),
    months=st.integers(2, 5),
    withdrawn=st.integers(1, PAID),
    refunded=st.integers(1, PAID),
)
def test_a_refund_that_failed_leaves_no_trace_in_that_of_another_month(
    db, used, months, withdrawn, refunded
):
    with undone():
        ends = {
            left_after(used, months, withdrawn, refunded, order)
            for order in (["refund"], ["ask", "fail", "refund"], ["ask", "refund", "fail"])
        }
        assert len(ends) == 1 and discrepancies() == []


def left_after(used: int, months: int, withdrawn: int, refunded: int, order: list[str]) -> int:
    """Of so many months, when the refund of the first failed and the second was refunded."""
    product = Product()
    first = product.month()
    if used:
        product.use(used)
    second, *_ = [product.month() for _ in range(months - 1)]
    asked = {"id": f"re_{first}", "payment_intent": first, "amount": withdrawn}
    events = {
        "ask": told.event("refund.created", asked | {"status": "succeeded"}),
        "fail": told.event("refund.failed", asked | {"status": "failed"}),
        "refund": refunded_sum(second, refunded),
    }
    for step in order:
        product.tell(events[step])
    return credits.balance(product.user) - credits.debt(product.user)


def refunded_sum(intent: str, amount: int):
    return told.event("charge.refunded", {"payment_intent": intent, "amount_refunded": amount})
