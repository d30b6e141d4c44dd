"""Buying, using, refunds, disputes, duplicates and crashes, in sequences that Hypothesis makes up.

Beside the product runs the same account in plain arithmetic. There are 500 sequences of 30 steps in
CI, fewer elsewhere; MASKR_MACHINE_RUNS says another number.
"""

import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from billing import credits, effects, events
from billing.audit import discrepancies
from billing.errors import InsufficientCredits
from billing.models import CreditPack, LedgerEntry, Purchase, StripeEvent
from inference.pipelines import Result
from services import jobs
from services.deposits import Placement
from services.jobs import Customer
from services.models import Job
from services.operations import RemoveBackground
from services.orders import Order, Upload
from tests.billing import told
from tests.billing.conftest import new_purchase

RUNS = int(
    os.environ.get("MASKR_MACHINE_RUNS") or ("500" if os.environ.get("CI") == "true" else "40")
)
STEPS = 30
PRICE = 300
_RESULT = Result(b"", "image/png", "png", 1, 1, 1, 1, "fake")
_pick = st.integers(0, 10**6)


@dataclass
class Facts:
    """What is known of one purchase."""

    purchase: Purchase
    is_paid: bool = False
    refunded: int = 0
    dispute: str = ""
    #: Of what was told of the dispute: whether it is an end, and when it was told.
    weight: tuple[bool, int] = (False, -1)

    @property
    def net(self) -> int:
        if not self.is_paid:
            return 0
        credits, price = self.purchase.credits, self.purchase.price_minor
        refunded = credits * self.refunded // price
        disputed = credits if self.dispute in ("needs_response", "lost") else 0
        return credits - refunded - min(disputed, credits - refunded)


class Money(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.user = User.objects.create(email="machine@example.com")
        # Indivisible shares too: a third of the price is no third of the credits.
        packs = [(1_000, 300), (2_000, 700)]
        self.packs = [
            CreditPack.objects.create(name=str(price), credits=amount, price_minor=price)
            for amount, price in packs
        ]
        self.customer = Customer(self.user, None)
        self.facts: list[Facts] = []
        #: Not ended yet. Which they are is asked before every step, too often to ask the database.
        self.running: list[UUID] = []
        self.spent = 0
        self.told: list[tuple[dict[str, Any], Facts, str, Any]] = []
        self.unprocessed: list[int] = []

    def teardown(self) -> None:
        try:
            assert discrepancies() == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- Money ---------------------------------------------------------------------------------
    @rule(which=_pick)
    def open_checkout(self, which: int) -> None:
        pack = self.packs[which % len(self.packs)]
        self.facts.append(Facts(new_purchase(self.user, pack)))

    @precondition(lambda self: self.facts)
    @rule(which=_pick, crashes=st.booleans())
    def pay(self, which: int, crashes: bool) -> None:
        facts = self.facts[which % len(self.facts)]
        self.tell(told.completed(facts.purchase), facts, "is_paid", True, crashes)

    @precondition(lambda self: self.facts)
    @rule(which=_pick, amount=st.integers(1, 300), crashes=st.booleans())
    def refund(self, which: int, amount: int, crashes: bool) -> None:
        facts = self.facts[which % len(self.facts)]
        self.tell(told.refunded(facts.purchase, amount), facts, "refunded", amount, crashes)

    @precondition(lambda self: self.facts)
    @rule(
        which=_pick,
        status=st.sampled_from(["needs_response", "won", "lost"]),
        crashes=st.booleans(),
    )
    def dispute(self, which: int, status: str, crashes: bool) -> None:
        facts = self.facts[which % len(self.facts)]
        event = told.dispute(facts.purchase, status)
        value = (event["created"], status)
        self.tell(event, facts, "dispute", value, crashes)

    @precondition(lambda self: self.told)
    @rule(which=_pick)
    def duplicate(self, which: int) -> None:
        number = which % len(self.told)
        self.process(number)

    @precondition(lambda self: self.unprocessed)
    @rule()
    def sweep(self) -> None:
        StripeEvent.objects.update(retry_at="2020-01-01T00:00Z")
        assert events.retry_due() == len(set(self.unprocessed))
        for number in list(self.unprocessed):
            self.learn(number)

    # --- Use -----------------------------------------------------------------------------------
    @rule()
    def use(self) -> None:
        is_affordable = self.net >= PRICE
        assert self.place() == is_affordable

    @rule(count=st.integers(2, 5))
    def batch(self, count: int) -> None:
        affordable = max(0, self.net) // PRICE
        assert sum(self.place() for _ in range(count)) == min(count, affordable)

    @precondition(lambda self: self.running)
    @rule(which=_pick)
    def complete(self, which: int) -> None:
        job = jobs.claim(self.running.pop(which % len(self.running)))
        assert job and jobs._complete(job, _RESULT, "result.png")

    @precondition(lambda self: self.running)
    @rule(which=_pick, is_late=st.booleans())
    def fail(self, which: int, is_late: bool) -> None:
        """By a worker, or before any took it."""
        pk = self.running.pop(which % len(self.running))
        job = jobs.claim(pk) if is_late else Job.objects.get(pk=pk)
        assert job and jobs.fail(job, "no picture", code="engine_failed")
        assert not credits.release(job.pk)
        self.spent -= PRICE

    # --- What always holds ---------------------------------------------------------------------
    @invariant()
    def balance_and_debt_are_as_arithmetic_says(self) -> None:
        state = (credits.balance(self.user), credits.debt(self.user))
        assert state == (max(0, self.net), max(0, -self.net))

    @invariant()
    def every_entry_tells_the_balance_after_it(self) -> None:
        balance = 0
        rows = LedgerEntry.objects.filter(account__user=self.user).order_by("pk")
        for amount, after in rows.values_list("amount", "balance_after"):
            balance += amount
            assert balance == after >= 0
        assert balance == credits.balance(self.user)

    # --- Behind the rules ----------------------------------------------------------------------
    @property
    def net(self) -> int:
        return sum(facts.net for facts in self.facts) - self.spent

    def place(self) -> bool:
        upload = Upload(ContentFile(b"", "x.png"), "x.png")
        placement = Placement(uuid4(), Order(upload, RemoveBackground()), "x.png", "")
        try:
            with transaction.atomic():
                self.running.append(jobs.create(placement, self.customer).pk)
        except InsufficientCredits:
            return False
        self.spent += PRICE
        return True

    def tell(
        self, event: dict[str, Any], facts: Facts, name: str, value: Any, crashes: bool
    ) -> None:
        self.told.append((event, facts, name, value))
        number = len(self.told) - 1
        if not crashes:
            self.process(number)
            return
        events.store(event)
        with transaction.atomic():
            effects.apply(event)
            transaction.set_rollback(True)  # the process died before its commit
        self.unprocessed.append(number)

    def process(self, number: int) -> None:
        events.store(self.told[number][0])
        events.process(self.told[number][0]["id"])
        self.learn(number)

    def learn(self, number: int) -> None:
        """The same facts, merged by the plainest rules: paid stays, sums grow, an end is an end."""
        _, facts, name, value = self.told[number]
        self.unprocessed = [other for other in self.unprocessed if other != number]
        if name == "dispute":
            self.learn_dispute(facts, *value)
        elif name == "refunded":
            facts.refunded = max(facts.refunded, value)
        else:
            facts.is_paid = True

    def learn_dispute(self, facts: Facts, created: int, status: str) -> None:
        weight = (status in ("won", "lost"), created)
        if weight > facts.weight:
            facts.dispute, facts.weight = status, weight


@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_no_sequence_of_events_falsifies_the_books(caplog):
    caplog.set_level("CRITICAL")
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            database=None,
        ),
    )
