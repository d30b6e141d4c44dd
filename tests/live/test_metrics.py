"""Metrics of real processes: web processes add up, workers tell theirs on a port of their own."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.mounts import SmallDisk
from tests.live.product import SERVICE, Product, until

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
def disk(tmp_path) -> Iterator[SmallDisk]:
    """Where the processes count, and nothing else lies."""
    (tmp_path / "var").mkdir()
    disk = SmallDisk(tmp_path / "var" / "metrics", 4)
    yield disk
    disk.close()


@pytest.fixture
def watched(tmp_path, u2netp_only, database, redis_url) -> Iterator[Product]:
    """Two web processes and two workers, all of which count."""
    (tmp_path / "var").mkdir(exist_ok=True)
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


def in_flight(product: Product) -> float:
    """The scrape itself is one; -1 while nobody answers."""
    try:
        return read(f"{product.url}/metrics")["maskr_http_requests_in_flight"]
    except httpx.TransportError:
        return -1


def begin_upload(product: Product, key: str) -> socket.socket:
    """More of it than a thread waits for, and not all."""
    head = (
        f"POST {SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    client = socket.create_connection(("127.0.0.1", product.port))
    client.sendall(head.encode() + bytes(200_000))
    return client


def children(parent: int) -> list[int]:
    """Processes that it began; others may end while they are looked at."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_name = (folder / "stat").read_text().rpartition(")")[2]
            if int(after_name.split()[1]) == parent:
                found.append(int(folder.name))
    return found


def test_what_a_killed_web_process_was_answering_is_no_longer_in_flight(watched):
    with begin_upload(watched, watched.account(10)):
        until(lambda: in_flight(watched) == 2)
        for pid in children(watched.processes[0].pid):
            os.kill(pid, signal.SIGKILL)
        until(lambda: in_flight(watched) == 1)


def test_a_server_that_finds_its_port_taken_leaves_the_figures_of_the_one_that_has_it(watched):
    watched.account(10)
    before = read(f"{watched.url}/metrics")["maskr_http_requests_total"]
    second = watched.start("serve", "--port", str(watched.port), "--workers", "2")
    assert second.wait(60) == 1
    assert read(f"{watched.url}/metrics")["maskr_http_requests_total"] > before


def test_a_web_process_that_is_begun_on_a_full_disk_serves(disk, watched):
    disk.fill()
    for pid in children(watched.processes[0].pid):
        os.kill(pid, signal.SIGKILL)
    until(lambda: watched.answers("/health"))
    assert watched.send_many(watched.account(100), 4, 2) == {"200 completed": 4}
