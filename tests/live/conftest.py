"""Products to start: embedded, and on PostgreSQL and Redis with a worker of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from inference import weights
from tests.live.product import Product, ScratchDatabase, until
from tests.needs import need


@pytest.fixture(scope="session")
def u2netp_only(tmp_path_factory) -> Path:
    """A models folder with the quick network alone: starting must not wait for the other."""
    models = Path(os.environ["MODELS_DIR"])
    if not weights.is_installed("u2netp", models):
        need("U2-Netp", "run make models")
    folder = tmp_path_factory.mktemp("models")
    source = weights.path_of("u2netp", models)
    (folder / source.name).symlink_to(source)
    return folder


@pytest.fixture
def embedded(tmp_path, u2netp_only) -> Iterator[Product]:
    (tmp_path / "var").mkdir()
    product = Product(tmp_path / "var", u2netp_only)
    yield product
    product.close()


@pytest.fixture(scope="package")
def served(tmp_path_factory, u2netp_only) -> Iterator[Product]:
    """An embedded one that serves, for all tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("served")
    product = Product(folder, u2netp_only)
    product.serve()
    yield product
    product.close()


@pytest.fixture(scope="session")
def redis_url() -> str:
    number = 10 + 2 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = f"redis://127.0.0.1:6379/{number}"
    try:
        # Nothing is flushed: what lies there may be somebody's, and old messages find no job.
        with redis.Redis(db=number, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        need("Redis", str(error))
    return url


@pytest.fixture
def database() -> Iterator[ScratchDatabase]:
    try:
        scratch = ScratchDatabase()
    except psycopg.Error as error:
        need("PostgreSQL", str(error))
    yield scratch
    scratch.drop()


@pytest.fixture
def distributed(tmp_path, u2netp_only, database, redis_url) -> Iterator[Product]:
    (tmp_path / "var").mkdir()
    product = Product(
        tmp_path / "var", u2netp_only, DATABASE_URL=database.url, BROKER_URL=redis_url
    )
    product.worker = product.start("worker")
    product.serve()
    until(lambda: product.answers("/health/ready"))
    yield product
    product.close()
