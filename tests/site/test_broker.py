"""The broker on Redis and RabbitMQ: messages arrive at once, and none is lost with its worker."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress

import dramatiq
import pika
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from dramatiq.errors import ConnectionClosed
from dramatiq.message import Message
from pika.exceptions import AMQPError

from maskr_site import broker as site_broker
from maskr_site.broker import ImpatientRabbitmqBroker
from tests.faults.servers import OwnRedis
from tests.needs import RABBITMQ, REDIS

QUEUE = "tests-broker"


class Relay:
    """Passes one connection on to RabbitMQ until it falls silent, as a server does that hangs."""

    def __init__(self) -> None:
        self.server = pika.URLParameters(RABBITMQ)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"amqp://guest:guest@127.0.0.1:{self.listener.getsockname()[1]}/"
        self.is_silent = threading.Event()
        self.thread = threading.Thread(target=self._accept_one, daemon=True)
        self.thread.start()

    def _accept_one(self) -> None:
        with (
            self.listener.accept()[0] as client,
            socket.create_connection((self.server.host, self.server.port)) as server,
        ):
            back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
            back.start()
            self._pass_on(client, server)
            server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        """Until the client hangs up, politely or not."""
        with suppress(ConnectionResetError):
            while data := source.recv(65_536):
                if not self.is_silent.is_set():
                    target.sendall(data)

    def close(self) -> None:
        self.thread.join(10)
        self.listener.close()


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


@pytest.fixture
def connect() -> Iterator[Callable[[str], ImpatientRabbitmqBroker]]:
    with ExitStack() as closing_all:

        def connect(url: str) -> ImpatientRabbitmqBroker:
            made = site_broker._broker(url)
            assert isinstance(made, ImpatientRabbitmqBroker)
            closing_all.callback(made.close)
            return made

        yield connect


@pytest.fixture
def queue_of_a_test() -> Iterator[None]:
    yield
    with pika.BlockingConnection(pika.URLParameters(RABBITMQ)) as connection:
        for name in (QUEUE, f"{QUEUE}.DQ", f"{QUEUE}.XQ"):
            connection.channel().queue_delete(name)


@pytest.mark.redis
def test_an_idle_consumer_wakes_at_once(broker, message):
    consumer = broker.consume(QUEUE, prefetch=1, timeout=3_000)
    assert next(consumer) is None
    broker.enqueue(message)
    began = time.monotonic()
    assert next(consumer) is not None
    assert time.monotonic() - began < 2  # of the three that it would wait


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


@pytest.fixture
def own_redis(tmp_path, settings) -> Iterator[redis.Redis]:
    server = OwnRedis(tmp_path)
    settings.BROKER_URL, settings.EMBEDDED = server.url, False
    with server.client() as client:
        yield client
    server.close()


def test_a_redis_that_takes_messages_is_told(own_redis):
    assert site_broker.ping() == "redis"


def test_a_redis_that_is_full_is_told(own_redis):
    own_redis.config_set("maxmemory", "1")
    with pytest.raises(redis.RedisError):
        site_broker.ping()


def test_a_redis_that_follows_another_one_is_told(own_redis):
    own_redis.replicaof("127.0.0.1", "1")
    with pytest.raises(redis.RedisError):
        site_broker.ping()


def test_a_message_that_rabbitmq_cannot_take_is_an_error_of_the_broker(message):
    away = site_broker._broker("amqp://guest:guest@127.0.0.1:1/")
    with pytest.raises(ConnectionClosed):
        away.enqueue(message)


def test_a_rabbitmq_that_says_nothing_is_told_within_seconds(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.BROKER_URL = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/"
        settings.EMBEDDED = False
        with pytest.raises(AMQPError):
            site_broker.ping()


def test_a_message_to_a_rabbitmq_that_says_nothing_is_given_up_within_seconds(connect, message):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = connect(f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/")
        began = time.monotonic()
        with pytest.raises(ConnectionClosed):
            hung.enqueue(message)
        assert time.monotonic() - began < 15


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("queue_of_a_test")
def test_a_connection_on_which_rabbitmq_falls_silent_is_given_up_within_seconds(connect, message):
    with closing(Relay()) as relay:
        broker = connect(relay.url)
        broker.enqueue(message)
        relay.is_silent.set()
        began = time.monotonic()
        with pytest.raises(ConnectionClosed):
            broker.enqueue(message)
        assert time.monotonic() - began < 15


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("queue_of_a_test")
def test_a_slow_publisher_is_not_taken_for_a_silent_server(connect, message):
    broker = connect(RABBITMQ)
    broker.enqueue(message)
    first = broker.connection
    time.sleep(site_broker._RABBITMQ_ANSWER_S + 0.5)
    broker.enqueue(message)
    assert broker.connection is first


def test_an_address_of_another_kind_is_refused_without_being_told():
    with pytest.raises(ImproperlyConfigured) as refusal:
        site_broker._broker("kafka://user:secret@host/")
    assert "secret" not in str(refusal.value)
