"""Events and use at the same moment, each on a connection of its own."""

import random
import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from billing import credits, errands
from billing.audit import discrepancies
from billing.errors import InsufficientCredits
from billing.models import LedgerEntry, StripeEvent
from tests.billing import told
from tests.billing.conftest import new_purchase
from tests.racing import at_once, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed")]


def deliver(event) -> int:
    return told.deliver(Client(), event).status_code


def test_a_hundred_deliveries_of_one_event_grant_once(wanted, poor):
    statuses = at_once(deliver, [told.completed(wanted)] * 100)
    assert (set(statuses), credits.balance(poor)) == ({200}, 100_000)
    assert StripeEvent.objects.count() == LedgerEntry.objects.count() == 1


def test_a_hundred_events_of_one_purchase_grant_once(wanted, poor):
    statuses = at_once(deliver, [told.completed(wanted) for _ in range(100)])
    assert (set(statuses), credits.balance(poor)) == ({200}, 100_000)


def test_payment_refund_and_dispute_at_once_end_as_one_after_the_other(wanted, poor):
    events = [
        told.completed(wanted),
        told.succeeded(wanted),
        told.refunded(wanted, 2_000),
        told.dispute(wanted, amount=1_500),
    ]
    assert set(at_once(deliver, events * 5)) == {200}
    assert (credits.balance(poor), discrepancies()) == (30_000, [])


def test_invoice_and_its_payment_at_once_are_joined_in_the_end(poor, customer, monthly):
    events = [
        told.invoice_paid(customer, monthly.stripe_price),
        told.invoice_payment(),
        told.event("charge.refunded", {"payment_intent": "pi_in_1", "amount_refunded": 2_000}),
    ]
    assert set(at_once(deliver, events)) == {200}
    errands.run()
    assert (credits.balance(poor), discrepancies()) == (0, [])


def test_refunds_of_three_months_while_the_next_begins_wait_for_nobody_for_ever(
    poor, customer, monthly
):
    for number in (1, 2, 3):
        deliver(told.invoice_paid(customer, monthly.stripe_price, f"in_{number}"))
        deliver(told.invoice_payment(f"in_{number}", f"pi_{number}"))
    refunds = [
        told.event("charge.refunded", {"payment_intent": f"pi_{number}", "amount_refunded": amount})
        for number in (1, 2, 3)
        for amount in (500, 1_500, 2_000)
    ]
    begins = told.invoice_paid(customer, monthly.stripe_price, "in_4")
    assert set(at_once(deliver, [*refunds, begins, *reversed(refunds)])) == {200}
    errands.run()
    assert discrepancies() == []


def some_wait_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists(select from pg_locks where not granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_what_a_picture_takes_while_a_month_begins_expires_no_more(
    poor, customer, monthly, monkeypatch
):
    credits.grant(poor, 50_000, reason="bought")
    deliver(told.invoice_paid(customer, monthly.stripe_price, "in_1"))
    picture = threading.Thread(
        target=at_once, args=[lambda job: credits.reserve(poor, 20_000, job=job), [uuid4()]]
    )
    expire = credits.expire

    def expire_late(*args, **options):
        """After the picture was placed, unless it has to wait for us."""
        picture.start()
        until(lambda: not picture.is_alive() or some_wait_for_a_lock())
        expire(*args, **options)

    monkeypatch.setattr(credits, "expire", expire_late)
    deliver(told.invoice_paid(customer, monthly.stripe_price, "in_2"))
    picture.join()
    monkeypatch.setattr(credits, "expire", expire)
    deliver(told.invoice_paid(customer, monthly.stripe_price, "in_3"))
    # Of the first month expired 15,000; the picture took 20,000 of the second one's 25,000.
    assert credits.balance(poor) == 50_000 + 5_000 + 20_000


def test_fifty_threads_of_everything_leave_the_books_right(rich, poor, pack, capped):
    """Buying, refunds, disputes, use, failures and duplicates on two accounts."""
    seeds = random.Random(7)
    purchases = [new_purchase(user, pack) for user in (rich, poor) for _ in range(3)]
    results = at_once(
        lambda seed: hammer(seed, [rich, poor], purchases), seeds.sample(range(999), 50)
    )
    assert [found for found in results if found is not None] == []
    assert discrepancies() == []


def hammer(seed: int, users, purchases) -> None:
    chance = random.Random(seed)
    for _ in range(6):
        match chance.randrange(5):
            case 0:
                assert deliver(told.completed(chance.choice(purchases))) == 200
            case 1:
                amount = chance.choice([1_000, 2_500, 5_000])
                assert deliver(told.refunded(chance.choice(purchases), amount)) == 200
            case 2:
                status = chance.choice(["needs_response", "won", "lost"])
                assert deliver(told.dispute(chance.choice(purchases), status)) == 200
            case _:
                use(chance.choice(users), chance)
        # As after each request: fifty threads share the ten connections of the pool.
        connection.close()


def use(user, chance) -> None:
    job = uuid4()
    try:
        credits.reserve(user, chance.randrange(1, 60_000), job=job)
    except InsufficientCredits:
        return
    if chance.random() < 0.5:
        credits.release(job)
