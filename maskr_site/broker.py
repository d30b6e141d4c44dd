"""BROKER_URL -> the Dramatiq broker of this process; the only place that sets it.

stub://                 in memory, for the one process of embedded mode
redis://host:6379/0     any number of web and worker processes
amqp://host:5672/       the same by RabbitMQ; MASKR_REDIS_URL is needed for limits and wake-ups
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import dramatiq
import pika
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from dramatiq.broker import Broker
from dramatiq.brokers import rabbitmq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware, Retries, ShutdownNotifications
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPConnectionError, ConnectionWrongStateError

from accounts import redis_patience
from services.workers import DatabaseConnections, WorkerLifecycle

#: A dead worker's messages go back to the queue after this long.
HEARTBEAT_TIMEOUT_MS = 10_000
#: Twice as long as a worker's pop may block.
_REDIS_ANSWER_S = 2.0
#: For a new connection to RabbitMQ, by each of its addresses, and for an answer on one: a request
#: waits for both at most, and for another answer when the server had closed the connection.
_RABBITMQ_ANSWER_S = 1.5


def install() -> Broker:
    broker = _broker(settings.BROKER_URL)
    dramatiq.set_broker(broker)
    return broker


def _broker(url: str) -> Broker:
    """Raises ImproperlyConfigured for an address of another kind."""
    if url.startswith("stub:"):
        return StubBroker(middleware=_middleware())
    if url.startswith(("redis:", "rediss:")):
        client = redis.Redis.from_url(url, **redis_patience.options(_REDIS_ANSWER_S))
        return WakingRedisBroker(
            client=client,
            middleware=_middleware(),
            heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
            maintenance_chance=1_000_000,
        )
    if url.startswith(("amqp:", "amqps:")):
        # The first may be at a connection that the server closed meanwhile. Six would take half a minute.
        rabbitmq.MAX_ENQUEUE_ATTEMPTS = 2
        # Confirmed, or a message on its way to a server that stops would be taken for sent.
        broker = ImpatientRabbitmqBroker(url=url, confirm_delivery=True, middleware=_middleware())
        broker.parameters = _impatient(url)
        return broker
    # The scheme only: the address holds a password.
    scheme = url.partition(":")[0]
    raise ImproperlyConfigured(
        f"BROKER_URL must begin with stub://, redis:// or amqp://, not {scheme}:"
    )


def ping() -> str:
    """The kind of broker, which has just answered. Raises what its client does, within seconds.

    A server that is full, cannot save to its disk, or follows another one answers and takes nothing.
    """
    url = settings.BROKER_URL
    if settings.EMBEDDED:
        return "embedded"
    if url.startswith("amqp"):
        _ping_rabbitmq(url)
        return "rabbitmq"
    ping_redis(url)
    return "redis"


def ping_redis(url: str) -> None:
    """Writes something that is gone in a second. Raises RedisError within seconds."""
    with redis.Redis.from_url(url, **redis_patience.options()) as client:
        client.set("dramatiq-ping", 1, ex=1)


def _ping_rabbitmq(url: str) -> None:
    """Sends to a queue that nobody has: with too little memory or disk RabbitMQ lets everybody in, and
    reads no more of whoever sends something. Raises AMQPError within seconds."""
    with _ImpatientConnection(_impatient(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", "dramatiq-ping", b"")


def _impatient(url: str) -> pika.URLParameters:
    """A request that places a job waits for the queue: rather a 503 soon than an answer late."""
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = _RABBITMQ_ANSWER_S
    return parameters


def _middleware() -> list[Middleware]:
    """Job rows and leases decide about repetition; Retries covers a database that was away."""
    return [
        DatabaseConnections(),
        ShutdownNotifications(),
        Retries(max_retries=3, min_backoff=500, max_backoff=10_000),
        WorkerLifecycle(),
    ]


class ImpatientRabbitmqBroker(RabbitmqBroker):
    """Gives a message up that is not confirmed soon, for whatever reason: its request waits."""

    @RabbitmqBroker.connection.getter  # type: ignore[attr-defined, untyped-decorator]  # keeps the deleter
    def connection(self) -> pika.BlockingConnection:
        if getattr(self.state, "connection", None) is None:
            self.state.connection = _ImpatientConnection(self.parameters)
            self.connections.add(self.state.connection)
        return self.state.connection


class _ImpatientConnection(pika.BlockingConnection):  # type: ignore[misc]
    """pika waits for every answer until heartbeats tell that nobody is there: two minutes."""

    def __init__(self, parameters: pika.connection.Parameters) -> None:
        """Raises AMQPConnectionError also for a silence, for which pika has an error beside those."""
        try:
            super().__init__(parameters)
        except AMQPConnectorException as error:
            raise AMQPConnectionError(error) from None

    def _flush_output(self, *waiters: Callable[[], bool]) -> None:
        """Raises AMQPConnectionError also after a silence, and closes the connection then."""
        if self.is_closed:
            raise ConnectionWrongStateError  # as pika does; there is nothing that could time a wait
        silence = AMQPConnectionError(f"no answer within {_RABBITMQ_ANSWER_S} s")
        give_up = partial(self._impl._terminate_stream, silence)
        timer = self._impl._adapter_call_later(_RABBITMQ_ANSWER_S, give_up)
        try:
            super()._flush_output(*waiters)
        finally:
            self._impl._adapter_remove_timeout(timer)


class WakingRedisBroker(RedisBroker):
    """Wakes an idle worker at once: the stock consumer sleeps up to a second between its looks."""

    @property
    def consumer_class(self) -> type["_WakingConsumer"]:
        return _WakingConsumer

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        sent = super().enqueue(message, delay=delay)
        if delay is None:
            key = self.wake_key(sent.queue_name)
            with self.client.pipeline(transaction=False) as pipe:
                # Bounded, and gone soon: a token nobody waits for has no value.
                pipe.lpush(key, 1)
                pipe.ltrim(key, 0, 63)
                pipe.pexpire(key, 5000)
                pipe.execute()
        return sent

    def wake_key(self, queue_name: str) -> str:
        return f"{self.namespace}-wake:{queue_name}"


class _WakingConsumer(_RedisConsumer):
    """Blocks on the wake list when the queue is empty, and on a free slot when all are taken."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.queue_is_empty = False
        self.slot_was_freed = threading.Event()

    def ack(self, message: Any) -> None:
        super().ack(message)
        self.slot_was_freed.set()

    def nack(self, message: Any) -> None:
        super().nack(message)
        self.slot_was_freed.set()

    def __next__(self) -> Any:
        if not self.message_cache:
            if self.outstanding_message_count >= self.prefetch:
                self.slot_was_freed.wait(self.timeout / 1000)
                self.slot_was_freed.clear()
                if self.outstanding_message_count >= self.prefetch:
                    return None
            elif self.queue_is_empty:
                self._await_wake()
        self.misses = 0  # keeps the base class from sleeping longer and longer
        message = super().__next__()
        self.queue_is_empty = message is None
        return message

    def _await_wake(self) -> None:
        key = self.broker.wake_key(self.queue_name)
        try:
            self.broker.client.blpop([key], timeout=self.timeout / 1000)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ConnectionClosed(error) from None
