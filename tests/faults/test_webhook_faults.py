"""E10 and E11: Stripe's events by the hundred, wrongly signed, in every order, and without a database."""

import contextlib
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.billing import told
from tests.faults.level import at_level
from tests.faults.shop import PLAN_PRICE, Person, Shop
from tests.faults.stripe_events import Event, Stripe

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
PACK = 100_000


@pytest.fixture
def stripe(shop):
    with Stripe() as sender:
        yield sender


class TestManyDeliveries:
    def test_a_hundred_deliveries_at_once_bring_one_credit(self, shop, stripe, hold):
        buyer = shop.person()
        event = told.completed(buyer.sale)
        urls = list(itertools.islice(itertools.cycle(shop.urls), 100))
        began = time.monotonic()
        with ThreadPoolExecutor(100) as pool:
            statuses = Counter(pool.map(lambda url: stripe.deliver(url, event), urls))
        seconds = time.monotonic() - began
        hold(
            "E10 100 deliveries of one event at once",
            "all answered 200, one credit",
            f"{dict(statuses)} in {seconds:.1f} s, {shop.balance(buyer) // PACK} credit",
            (statuses, stored(shop, event), shop.balance(buyer)) == ({200: 100}, 1, PACK),
        )

    def test_the_same_event_five_minutes_later_brings_nothing(self, shop, stripe, hold):
        buyer = shop.person()
        event = told.completed(buyer.sale)
        stripe.deliver(shop.urls[0], event)
        shop.do(_FIVE_MINUTES_AGO, [event["id"]])
        status = stripe.deliver(shop.urls[1], event)
        hold(
            "E10 the same event 5 min later",
            "200, nothing more",
            f"{status}, {shop.balance(buyer) // PACK} credit in all",
            (status, shop.balance(buyer)) == (200, PACK),
        )

    def test_what_is_wrongly_signed_leaves_no_row(self, shop, stripe, hold):
        event = told.completed(shop.person().sale)
        body = json.dumps(event).encode()
        bad: list[dict[str, Any]] = [{"header": header} for header in _bad_headers(body)]
        bad += [{"body": changed} for changed in _changed_by_a_byte(body)]
        pairs = [(url, case) for case in bad for url in shop.urls]
        statuses = Counter(stripe.deliver(url, event, **case) for url, case in pairs)
        hold(
            "E10 wrong signature, 301 s off, a byte changed",
            "400 and no row",
            f"{dict(statuses)}, {stored(shop, event)} rows",
            (set(statuses), stored(shop, event)) == ({400}, 0),
        )


class TestConnectionsThatAreCut:
    def test_what_is_delivered_until_it_is_done_is_done_once(self, shop, stripe, hold):
        buyers = [shop.person() for _ in range(8)]
        events = [told.completed(buyer.sale) for buyer in buyers]

        def deliver(event: Event) -> list[int]:
            """What was answered, up to the first 200."""
            statuses: list[int] = []
            for url in itertools.islice(itertools.cycle(shop.urls), 200):
                statuses.append(stripe.deliver(url, event))
                if statuses[-1] == 200:
                    break
            return statuses

        with cutting(shop.installation.database), ThreadPoolExecutor(len(buyers)) as pool:
            found = list(pool.map(deliver, events))
        statuses = Counter(itertools.chain(*found))
        credits = [shop.balance(buyer) // PACK for buyer in buyers]
        hold(
            "E10 8 events while connections to PostgreSQL are cut",
            "500 or 503 until 200, one credit each",
            f"{dict(statuses)}, {credits} credits",
            set(statuses) <= {200, 500, 503} and statuses[200] == sum(credits) == len(buyers),
        )


@contextlib.contextmanager
def cutting(database: str) -> Iterator[None]:
    """Ends all connections to it, again and again."""
    is_over = threading.Event()

    def cut() -> None:
        with psycopg.connect(database, autocommit=True) as mine:
            while not is_over.wait(random.uniform(0.2, 1)):
                mine.execute(_CUT)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


_CUT = b"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_FIVE_MINUTES_AGO = """
UPDATE billing_stripeevent SET received_at = received_at - interval '5 minutes',
processed_at = processed_at - interval '5 minutes' WHERE id = %s
"""


def stored(shop: Shop, event: Event) -> int:
    query = "SELECT count(*) FROM billing_stripeevent WHERE id = %s"
    return int(shop.rows(query, event["id"])[0][0])


def _bad_headers(body: bytes) -> list[str]:
    """None, another secret's, one changed by a digit, and times 301 s before and after now."""
    right = told.signature(body)
    changed = right[:-1] + ("0" if right[-1] != "0" else "1")
    # One second more ahead: the clock goes on before the other side looks at it.
    times = (time.time() - 301, time.time() + 302)
    late = (told.signature(body, at=at) for at in times)
    return ["", changed, told.signature(body, secret="whsec_other"), *late]


def _changed_by_a_byte(body: bytes) -> list[bytes]:
    places = random.Random(10).sample(range(len(body)), 20)
    return [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in places]


class TestEveryOrder:
    """Each order has a customer of its own; what is left to them must be the same for all."""

    def test_every_order_ends_in_the_same_balance_and_plan(self, shop, stripe, hold):
        orders = _orders(at_level(full=144, part=24))
        buyers = shop.people(len(orders))
        with ThreadPoolExecutor(4) as pool:
            pairs = zip(buyers, orders, strict=True)
            statuses = set().union(*pool.map(lambda pair: _bring(shop, stripe, *pair), pairs))
        ends = Counter(_left_to(shop, buyer) for buyer in buyers)
        hold(
            "E11 seven events of Stripe in every order",
            "the same balance and plan at the end",
            f"{len(orders)} orders, {len(ends)} different ends",
            (statuses, ends) == ({200}, {EXPECTED: len(orders)}),
        )

    def test_the_api_tells_the_same_plan_after_opposite_orders(self, shop, stripe):
        first, last = shop.people(2)
        order = _orders(24)[0]
        _bring(shop, stripe, first, order)
        _bring(shop, stripe, last, order[::-1])
        assert _account(shop, first) == _account(shop, last)


#: Of 1000 credits two fifths are refunded and three tenths disputed; a month brings 200.
EXPECTED = (50_000, 0, "canceled", PACK, 40_000, 30_000, 20_000)
MONEY = ("completed", "succeeded", "refunded", "disputed")
PLAN = ("paid", "updated", "deleted")


def _orders(count: int) -> list[tuple[str, ...]]:
    """All 24 orders of a purchase's events, shuffled into all 6 of a plan's: 144 pairs at most."""
    chance = random.Random(11)
    plans = list(itertools.permutations(PLAN))
    moneys = list(itertools.permutations(MONEY))
    pairs = [(money, plan) for plan in plans for money in moneys]
    if count < len(pairs):
        pairs = [(money, plans[index % len(plans)]) for index, money in enumerate(moneys)]
    return [_interleaved(chance, *pair) for pair in pairs]


def _interleaved(chance: random.Random, *queues: tuple[str, ...]) -> tuple[str, ...]:
    turns = [number for number, queue in enumerate(queues) for _ in queue]
    chance.shuffle(turns)
    left = [iter(queue) for queue in queues]
    return tuple(next(left[number]) for number in turns)


def _events(buyer: Person) -> dict[str, Event]:
    """What Stripe tells of this customer, with the times of its own clock."""
    sale, customer = buyer.sale, buyer.customer
    subscription = {"customer": customer, "price": PLAN_PRICE}
    return {
        "completed": told.completed(sale),
        "succeeded": told.succeeded(sale),
        "refunded": told.refunded(sale, 2_000),
        "disputed": told.dispute(sale, amount=1_500),
        "paid": told.invoice_paid(customer, PLAN_PRICE, f"in_{customer}"),
        "updated": told.subscription(**subscription, created=1_800_000_100),
        "deleted": told.subscription(**subscription, status="canceled", created=1_800_000_200),
    }


def _bring(shop: Shop, stripe: Stripe, buyer: Person, order: tuple[str, ...]) -> set[int]:
    """In this order, one at each web process in turn, two of them twice."""
    events = _events(buyer)
    twice = random.Random(buyer.user).sample(order, 2)
    wanted = [name for name in order for _ in range(1 + (name in twice))]
    urls = itertools.cycle(shop.urls)
    return {stripe.deliver(url, events[name]) for name, url in zip(wanted, urls, strict=False)}


_LEFT = """
SELECT a.balance, a.debt, s.status, p.granted, p.refunded, p.disputed, m.granted
FROM billing_creditaccount a
JOIN billing_subscription s ON s.user_id = a.user_id
JOIN billing_purchase p ON p.account_id = a.id AND p.kind = 'pack'
JOIN billing_purchase m ON m.account_id = a.id AND m.kind = 'subscription'
WHERE a.id = %s
"""


def _left_to(shop: Shop, buyer: Person) -> tuple[Any, ...]:
    """Balance, debt and plan, and what the two purchases moved."""
    (found,) = shop.rows(_LEFT, buyer.account)
    return found


def _account(shop: Shop, buyer: Person) -> Any:
    body = shop.driver(buyer).get("/v2/account").json()
    return body["images"], {**body["account"], "email": ""}
