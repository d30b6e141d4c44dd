"""E12: the process that handles Stripe's event dies by SIGKILL; the event is delivered again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.billing import told
from tests.faults.shop import Person, Shop
from tests.faults.stripe_events import Event, Stripe
from tests.live.product import until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
PACK = 100_000
#: What each death leaves: the event's state, purchases in the ledger, the balance.
LEFT_BEHIND = {
    "storing": (None, 0, 0),
    "processing": ("received", 0, 0),
    "commit undone": ("received", 0, 0),
    "commit done": ("processed", 1, PACK),
}
POINTS = tuple(LEFT_BEHIND)


def test_every_death_and_redelivery_ends_in_one_credit(shop, hold):
    buyers = dict(zip(POINTS, shop.people(len(POINTS)), strict=True))
    events = {point: told.completed(buyer.sale) for point, buyer in buyers.items()}
    with Stripe() as stripe:
        _kill_the_handler_of(shop, stripe, buyers, events)
        left = {point: _standing(shop, buyers[point], events[point]) for point in POINTS}
        statuses = {stripe.deliver(url, event) for event in events.values() for url in shop.urls}
    ends = {_standing(shop, buyers[point], events[point]) for point in POINTS}
    assert left == LEFT_BEHIND
    hold(
        "E12 handler killed -9 before and in its commit",
        "delivered again, one credit",
        f"{len(POINTS)} deaths, then {statuses}; {len(ends)} end",
        (statuses, ends) == ({200}, {("processed", 1, PACK)}),
    )


def _kill_the_handler_of(
    shop: Shop, stripe: Stripe, buyers: dict[str, Person], events: dict[str, Event]
) -> None:
    """A web process of its own takes all events, and dies when each of them is at its point."""
    victim = shop.another_web()
    with ThreadPoolExecutor(len(POINTS)) as pool, _held_up(shop, buyers, events):
        lost = [pool.submit(stripe.deliver, victim.url, event) for event in events.values()]
        until(lambda: _transactions(shop, "wait_event_type = 'Lock'") == len(POINTS))
        victim.close()
        # As if the database noticed in time that its client is gone: this commit does not happen.
        shop.do(_END_BACKEND, [buyers["commit undone"].account])
    assert {answer.result() for answer in lost} == {0}
    until(lambda: _transactions(shop, "pid <> pg_backend_pid()") == 0)


@contextmanager
def _held_up(shop: Shop, buyers: dict[str, Person], events: dict[str, Event]) -> Iterator[None]:
    """While this lasts, the handler of each event waits inside its transaction at its point."""
    at_commit = [buyers[point].account for point in POINTS if "commit" in point]
    shop.do(_TRIGGER.format(accounts=", ".join(map(str, at_commit))))
    with psycopg.connect(shop.installation.database) as holder:
        # The same event, inserted by somebody who has not committed: another INSERT waits to see.
        holder.execute(_SAME_EVENT, [events["storing"]["id"]])
        account = buyers["processing"].account
        holder.execute("SELECT FROM billing_creditaccount WHERE id = %s FOR UPDATE", [account])
        for number in at_commit:
            holder.execute("SELECT pg_advisory_xact_lock(%s)", [number])
        try:
            yield
        finally:
            holder.rollback()
    shop.do("DROP FUNCTION wait_at_commit CASCADE")


_SAME_EVENT = """
INSERT INTO billing_stripeevent (id, type, payload, state, error, attempts, received_at, retry_at)
VALUES (%s, '', '{}', 'received', '', 0, now(), now())
"""
# Deferred: it runs when everything is written, inside of the COMMIT.
_TRIGGER = """
CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_advisory_xact_lock_shared(NEW.account_id); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON billing_ledgerentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.account_id IN ({accounts})) EXECUTE FUNCTION wait_at_commit()
"""
_END_BACKEND = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND NOT granted AND objid = %s
"""


def _transactions(shop: Shop, condition: str) -> int:
    """Open transactions of this database of which the condition is true."""
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND xact_start IS NOT NULL AND "
    )
    return int(shop.rows(query + condition)[0][0])


def _standing(shop: Shop, buyer: Person, event: Event) -> tuple[Any, ...]:
    found = shop.rows("SELECT state FROM billing_stripeevent WHERE id = %s", event["id"])
    query = "SELECT count(*) FROM billing_ledgerentry WHERE account_id = %s AND kind = 'purchase'"
    bought = shop.rows(query, buyer.account)[0][0]
    return (found[0][0] if found else None), bought, shop.balance(buyer)
