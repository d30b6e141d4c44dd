"""Movements at the same moment, each on a connection of its own."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import keys
from billing import caps, credits
from billing.audit import discrepancies
from billing.errors import InsufficientCredits, KeyCapReached
from billing.models import KeySpend
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_forty_reservations_with_credits_for_ten_take_ten(rich):
    results = at_once(
        lambda job: credits.reserve(rich, 1_000, job=job), [uuid4() for _ in "x" * 40]
    )
    assert sum(isinstance(result, InsufficientCredits) for result in results) == 30


def test_the_books_are_right_after_a_race(rich):
    at_once(lambda job: credits.reserve(rich, 1_000, job=job), [uuid4() for _ in "x" * 40])
    assert (credits.balance(rich), discrepancies()) == (0, [])


def test_one_job_reserved_twenty_times_at_once_is_paid_once(rich):
    job = uuid4()
    at_once(lambda _: credits.reserve(rich, 300, job=job), range(20))
    assert credits.balance(rich) == 9_700


def test_one_job_released_twenty_times_at_once_is_returned_once(rich):
    job = uuid4()
    credits.reserve(rich, 300, job=job)
    assert sum(at_once(lambda _: credits.release(job), range(20))) == 1


def test_one_payment_told_twenty_times_at_once_counts_once(poor):
    at_once(lambda _: credits.grant(poor, 500, reason="paid", key="pay:1"), range(20))
    assert credits.balance(poor) == 500


def test_a_cap_holds_under_a_race(rich, capped):
    def spend(job):
        credits.reserve(rich, 100, job=job, api_key=capped)

    results = at_once(spend, [uuid4() for _ in range(20)])
    refused = sum(isinstance(result, KeyCapReached) for result in results)
    assert (refused, KeySpend.objects.get().spent) == (15, 500)


def test_a_cap_holds_for_a_rolled_key_and_its_successor_at_once(rich, capped):
    new = keys.roll(capped, timedelta(hours=24))[0]
    capped.refresh_from_db()

    def spend(key):
        credits.reserve(rich, 100, job=uuid4(), api_key=key)

    results = at_once(spend, [capped, new] * 10)
    refused = sum(isinstance(result, KeyCapReached) for result in results)
    assert (refused, caps.spent(new)) == (15, 500)
