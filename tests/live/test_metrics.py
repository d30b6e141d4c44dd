"""Metrics of real processes: web processes add up, workers tell theirs on a port of their own."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.live.product import Product, until

pytestmark = [pytest.mark.weights, pytest.mark.postgres, pytest.mark.redis]


def read(url: str) -> dict[str, float]:
    """Every sample by its name, added up over its labels."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(httpx.get(url, timeout=10).text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def watched(tmp_path, u2netp_only, database, redis_url) -> Iterator[Product]:
    """Two web processes and two workers, all of which count."""
    (tmp_path / "var").mkdir()
    urls = {"DATABASE_URL": database.url, "BROKER_URL": redis_url}
    port = str(free_port())
    product = Product(tmp_path / "var", u2netp_only, **urls, MASKR_METRICS_PORT=port)
    product.start("serve", "--port", str(product.port), "--workers", "2")
    product.start("worker", "--processes", "2")
    until(lambda: product.answers("/health/ready"))
    yield product
    product.close()


def test_several_processes_tell_one_figure(watched):
    key = watched.account(100)
    assert watched.send_many(key, 8, 4) == {"200 completed": 8}
    web = read(f"{watched.url}/metrics")
    port = watched.environment["MASKR_METRICS_PORT"]
    workers = read(f"http://127.0.0.1:{port}/metrics")
    assert web["maskr_credits_moved_total"] == workers["maskr_credits_settled_total"] == 24
    assert workers["maskr_jobs_ended_total"] == workers["maskr_inference_seconds_count"] == 8
    assert (web["maskr_workers_alive"] >= 1, web["maskr_database_up"]) == (True, 1)
