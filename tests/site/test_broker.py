"""The broker on Redis and RabbitMQ: messages arrive at once, and none is lost with its worker."""

import time

import dramatiq
import pytest
from django.core.exceptions import ImproperlyConfigured
from dramatiq.errors import ConnectionClosed
from dramatiq.message import Message
from pika.exceptions import AMQPError

from maskr_site import broker as site_broker
from tests.needs import RABBITMQ, REDIS

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


@pytest.mark.redis
def test_an_idle_consumer_wakes_at_once(broker, message):
    consumer = broker.consume(QUEUE, prefetch=1, timeout=3_000)
    assert next(consumer) is None
    broker.enqueue(message)
    began = time.monotonic()
    assert next(consumer) is not None
    assert time.monotonic() - began < 0.5


@pytest.mark.redis
def test_an_idle_consumer_gives_up_after_its_time(broker):
    consumer = broker.consume(QUEUE, prefetch=1, timeout=200)
    assert [next(consumer), next(consumer)] == [None, None]


@pytest.mark.redis
def test_no_more_than_the_prefetch_is_taken(broker, message):
    for _ in range(3):
        broker.enqueue(message.copy(options={"redis_message_id": None}))
    consumer = broker.consume(QUEUE, prefetch=1, timeout=100)
    assert [next(consumer) is not None, next(consumer)] == [True, None]


@pytest.mark.redis
def test_wake_tokens_do_not_pile_up(broker, message):
    for _ in range(70):
        broker.enqueue(message)
    assert broker.client.llen(broker.wake_key(QUEUE)) <= 64


@pytest.mark.rabbitmq
def test_rabbitmq_answers_a_ping(settings):
    settings.BROKER_URL, settings.EMBEDDED = RABBITMQ, False
    assert site_broker.ping() == "rabbitmq"


def test_a_rabbitmq_that_is_away_is_told_at_once(settings):
    settings.BROKER_URL, settings.EMBEDDED = "amqp://guest:guest@127.0.0.1:1/", False
    with pytest.raises(AMQPError):
        site_broker.ping()


def test_a_message_that_rabbitmq_cannot_take_is_an_error_of_the_broker(message):
    away = site_broker._broker("amqp://guest:guest@127.0.0.1:1/")
    with pytest.raises(ConnectionClosed):
        away.enqueue(message)


def test_an_address_of_another_kind_is_refused_without_being_told():
    with pytest.raises(ImproperlyConfigured) as refusal:
        site_broker._broker("kafka://user:secret@host/")
    assert "secret" not in str(refusal.value)
