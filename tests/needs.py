"""What the marked tests need of this machine, and the sentence to say when it is missing."""

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pika
import psycopg
import pytest
import redis
from pika.exceptions import AMQPError

from inference import weights

POSTGRES = os.environ.get("MASKR_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("MASKR_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
RABBITMQ = os.environ.get("MASKR_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
NETWORKS = ("u2netp", "isnet")


@cache
def missing(marker: str) -> str:
    """Empty when everything is there, or when the marker needs nothing."""
    look = _LOOKS.get(marker)
    return look() if look else ""


def need(what: str, reason: str) -> None:
    """Skips at home; in CI a missing service is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is required in CI: {reason}")
    pytest.skip(f"{what}: {reason}")


def _weights() -> str:
    folder = Path(os.environ["MODELS_DIR"])
    absent = [name for name in NETWORKS if not weights.is_installed(name, folder)]
    return f"{' and '.join(absent)} not installed: make models" if absent else ""


def _postgres() -> str:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error as error:
        return f"PostgreSQL does not answer: {str(error).strip().splitlines()[0]}"
    return ""


def _redis() -> str:
    try:
        with redis.Redis.from_url(REDIS, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis does not answer: {type(error).__name__}"
    return ""


def _rabbitmq() -> str:
    try:
        pika.BlockingConnection(pika.URLParameters(RABBITMQ)).close()
    except (AMQPError, OSError) as error:
        return f"RabbitMQ does not answer: {type(error).__name__}"
    return ""


def _browser() -> str:
    return "" if shutil.which("chromium") else "Chromium is not installed"


_LOOKS: dict[str, Callable[[], str]] = {
    "weights": _weights,
    "postgres": _postgres,
    "redis": _redis,
    "rabbitmq": _rabbitmq,
    "browser": _browser,
}
