"""Whatever happens in whatever order: the balance is the sum of the ledger, and never negative."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from billing import credits
from billing.audit import discrepancies
from billing.errors import InsufficientCredits
from billing.models import CreditAccount, LedgerEntry

pytestmark = pytest.mark.django_db
JOBS = [UUID(int=number) for number in range(1, 5)]
STEPS = st.one_of(
    st.tuples(st.just("grant"), st.integers(1, 1_000), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("take"), st.integers(1, 1_000), st.sampled_from(["x", "y"])),
    st.tuples(st.just("reserve"), st.integers(0, 700), st.sampled_from(JOBS)),
    st.tuples(st.just("release"), st.just(0), st.sampled_from(JOBS)),
)
ONCE_EACH = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Model:
    """The same account in plain Python."""

    def __init__(self):
        self.balance, self.done, self.reserved = 0, set(), {}

    def expect(self, step, amount, key):
        """Whether the step is accepted; changes the balance as it should."""
        signed = {"grant": amount, "take": -amount, "reserve": -amount}.get(step, 0)
        if step == "release":
            return self._release(key)
        if key in self.done or (step == "reserve" and amount == 0):
            return True
        if self.balance + signed < 0:
            return False
        self.balance += signed
        self.done.add(key)
        if step == "reserve":
            self.reserved[key] = amount
        return True

    def _release(self, job):
        returned = self.reserved.get(job, 0)
        self.balance += returned
        self.reserved[job] = 0
        return returned > 0


def act(user, step, amount, key):
    try:
        match step:
            case "grant":
                credits.grant(user, amount, reason="", key=key)
            case "take":
                credits.grant(user, -amount, reason="", kind=LedgerEntry.Kind.ADJUST, key=key)
            case "reserve":
                credits.reserve(user, amount, job=key)
            case "release":
                return credits.release(key)
    except InsufficientCredits:
        return False
    return True


@pytest.fixture
def fresh_user():
    numbers = iter(range(10_000))
    return lambda: User.objects.create(email=f"{next(numbers)}@example.com")


@ONCE_EACH
@given(steps=st.lists(STEPS, max_size=25))
def test_every_sequence_ends_as_plain_arithmetic_says(fresh_user, steps):
    LedgerEntry.objects.filter(job__in=JOBS).update(job=None)  # ids are used anew by each example
    user, model = fresh_user(), Model()
    accepted = [act(user, *step) for step in steps]
    assert accepted == [model.expect(*step) for step in steps]
    assert credits.balance(user) == model.balance


@ONCE_EACH
@given(steps=st.lists(STEPS, max_size=25))
def test_every_sequence_leaves_the_books_right(fresh_user, steps):
    LedgerEntry.objects.filter(job__in=JOBS).update(job=None)
    user = fresh_user()
    for step in steps:
        act(user, *step)
    assert discrepancies() == []
    assert not CreditAccount.objects.filter(balance__lt=0).exists()
