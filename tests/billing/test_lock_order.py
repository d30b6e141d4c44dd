"""Transactions that meet at the same rows: neither waits for what the other holds."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from billing import credits, effects, goodwill, movements
from billing.audit import discrepancies
from billing.models import CreditAccount
from tests.billing import told
from tests.racing import at_once, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def waiting() -> int:
    """How many wait for a lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select count(distinct pid) from pg_locks join pg_stat_activity using (pid)"
            " where not granted and datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def test_a_month_that_begins_right_after_another_waits_for_no_refund_of_that_one_for_ever(
    poor, customer, monthly, signed
):
    def begins(number: int) -> dict[str, Any]:
        return told.invoice_paid(customer, monthly.stripe_price, f"in_{number}")

    def hold_account() -> None:
        with transaction.atomic():
            CreditAccount.objects.select_for_update().get(user=poor)
            is_held.set()
            let_go.wait(60)

    def start(work: Callable[[Any], object], told_of: Any = None) -> None:
        keep = lambda given: results.append(work(given))  # noqa: E731
        threads.append(threading.Thread(target=at_once, args=[keep, [told_of]]))
        threads[-1].start()

    def deliver(event: dict[str, Any]) -> int:
        return told.deliver(Client(), event).status_code

    threads: list[threading.Thread] = []
    results: list[object] = []
    is_held, let_go = threading.Event(), threading.Event()
    deliver(begins(1))
    deliver(told.invoice_payment("in_2", "pi_2"))
    refund = told.event("charge.refunded", {"payment_intent": "pi_2", "amount_refunded": 500})
    try:
        with transaction.atomic():
            effects.apply(begins(2))
            start(deliver, begins(3))
            until(lambda: waiting() == 1)
            start(lambda _: hold_account())
            until(lambda: waiting() == 2)
        until(lambda: is_held.is_set() and waiting() == 1)
        start(deliver, refund)
        until(lambda: waiting() == 2)
    finally:
        let_go.set()
        for thread in threads:
            thread.join()
    assert sorted(map(str, results)) == ["200", "200", "None"]
    assert discrepancies() == []


def test_staff_who_grant_and_return_credits_of_one_account_at_once_do_both(rich, monkeypatch):
    staff = User.objects.create_user("staff@example.com", is_staff=True)
    job = uuid4()
    credits.reserve(rich, 300, job=job)
    holds_account, holds_actor = threading.Event(), threading.Event()
    written, give_back = movements._written, credits.give_back

    def write_late(account, movement, after):
        if movement.kind == "grant":
            holds_account.set()
            assert holds_actor.wait(20)
        return written(account, movement, after)

    def give_back_late(*args, **options):
        holds_actor.set()
        assert holds_account.wait(20)
        return give_back(*args, **options)

    monkeypatch.setattr(movements, "_written", write_late)
    monkeypatch.setattr(credits, "give_back", give_back_late)
    works: list[Callable[[], object]] = [
        lambda: credits.grant_by_hand(rich, 500, reason="sorry", form=uuid4(), actor=staff),
        lambda: goodwill.return_credits(job, actor=staff, reason="sorry", most_per_day=1_000),
    ]
    results = at_once(lambda work: work(), works)
    assert [found for found in results if isinstance(found, Exception)] == []
    assert credits.balance(rich) == 10_500
