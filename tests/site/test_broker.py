"""The broker on Redis: messages arrive at once, and none is lost with its worker."""

import time

import dramatiq
import pytest
from dramatiq.message import Message

from maskr_site import broker as site_broker
from tests.needs import REDIS

pytestmark = pytest.mark.redis
QUEUE = "tests-broker"


@pytest.fixture
def broker():
    made = site_broker.WakingRedisBroker(url=REDIS, middleware=[], namespace="maskr-tests")
    made.declare_queue(QUEUE)
    made.flush(QUEUE)
    yield made
    made.flush(QUEUE)
    made.client.delete(made.wake_key(QUEUE))
    made.client.close()


@pytest.fixture
def message() -> Message[None]:
    return dramatiq.Message(QUEUE, "nothing", (), {}, {})


def test_an_idle_consumer_wakes_at_once(broker, message):
    consumer = broker.consume(QUEUE, prefetch=1, timeout=3_000)
    assert next(consumer) is None
    broker.enqueue(message)
    began = time.monotonic()
    assert next(consumer) is not None
    assert time.monotonic() - began < 0.5


def test_an_idle_consumer_gives_up_after_its_time(broker):
    consumer = broker.consume(QUEUE, prefetch=1, timeout=200)
    assert [next(consumer), next(consumer)] == [None, None]


def test_no_more_than_the_prefetch_is_taken(broker, message):
    for _ in range(3):
        broker.enqueue(message.copy(options={"redis_message_id": None}))
    consumer = broker.consume(QUEUE, prefetch=1, timeout=100)
    assert [next(consumer) is not None, next(consumer)] == [True, None]


def test_wake_tokens_do_not_pile_up(broker, message):
    for _ in range(70):
        broker.enqueue(message)
    assert broker.client.llen(broker.wake_key(QUEUE)) <= 64
