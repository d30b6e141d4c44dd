"""Whoever waits for a client, an address, a bucket or a network holds no connection meanwhile."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from werkzeug.test import Client

from inference import pipelines
from maskr_site.wsgi import application
from services import files, jobs
from services.models import Job
from tests.buckets import bucket, gate, s3
from tests.conftest import EXTRACTION
from tests.pictures import picture
from tests.services.fetch.internet import PUBLIC, Conversation, internet

__all__ = ["bucket", "gate", "s3"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker", "bucket"),
    pytest.mark.in_process("looks into the pool of the process"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="in the run on PostgreSQL"),
]
KEY = {"Idempotency-Key": "order-17"}


def taken() -> int:
    """Connections that are not in the pool."""
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(stats["pool_size"] - stats["pool_available"])


@pytest.fixture
def seen() -> list[int]:
    """How many were taken, each time that somebody waited."""
    return []


@pytest.fixture
def watch(gate, seen) -> Callable[..., Any]:
    """Has the bucket look when it is asked so."""

    def look(server: Any, environ: Any, start_response: Any) -> Any:
        seen.append(taken())
        return server(environ, start_response)

    return lambda method, part: gate.meanwhile(method, part, look)


def placed(alice) -> UUID:
    return UUID(alice.post(Prefer="respond-async").json()["job_id"])


@pytest.mark.parametrize("headers", [{}, KEY])
def test_none_is_held_while_an_upload_is_stored(alice, watch, seen, headers):
    with watch("PUT", "/inputs/"):
        alice.post(Prefer="respond-async", **headers)
    assert seen == [0]


def test_none_is_held_while_a_batch_is_stored(alice, watch, seen):
    with watch("PUT", "/inputs/"):
        alice.post_batch([picture()] * 3, Prefer="respond-async")
    assert seen == [0, 0, 0]


def test_none_is_held_while_what_nobody_pays_for_is_deleted(bob, watch, seen):
    with watch("DELETE", "/inputs/"):
        bob.post()
    assert seen == [0]


def test_none_is_held_while_an_address_is_asked(alice, seen, monkeypatch):
    def look(conversation: Conversation) -> None:
        seen.append(taken())
        conversation.send(b"HTTP/1.1 404 Not Found\r\n\r\n")

    headers = {**KEY, "X-Api-Key": alice.plaintext}
    with internet(monkeypatch.setattr) as net:
        net.names = {"pictures.example": [PUBLIC]}
        net.serve(look, port=80)
        address = {"image_url": "http://pictures.example/a.png"}
        alice.api.post("/v2", address, format="json", headers=headers)
    assert seen == [0]


def test_none_is_held_while_a_body_comes(alice, seen):
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append(taken())
            return super().read(size)

    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--x--\r\n'
    )
    body = form % picture()
    Client(application).post(
        "/v1/services/background-removal",
        input_stream=Slow(body),
        content_length=len(body),
        content_type="multipart/form-data; boundary=x",
        headers={"X-Api-Key": alice.plaintext, "Prefer": "respond-async"},
    )
    assert set(seen) == {0}


def test_none_is_held_while_a_result_is_read_back(alice, watch, seen):
    job = Job.objects.get(pk=placed(alice))
    jobs.perform(job.pk)
    job.refresh_from_db()
    with watch("GET", "/results/"):
        files.read_result(job)
    assert seen == [0]


def test_a_worker_holds_none_while_it_is_given_the_upload_and_the_mask(alice, watch, seen):
    body = {name: SimpleUploadedFile(name, picture()) for name in ("image", "mask")}
    answer = alice.api.post(EXTRACTION, body, headers={"Prefer": "respond-async"})
    with watch("GET", "/inputs/"):
        jobs.perform(UUID(answer.json()["job_id"]))
    assert seen == [0, 0]


def test_a_worker_holds_none_while_the_network_runs(alice, seen, monkeypatch):
    run = pipelines.remove_background

    def look(*args: Any, **options: Any) -> Any:
        seen.append(taken())
        return run(*args, **options)

    monkeypatch.setattr(pipelines, "remove_background", look)
    jobs.perform(placed(alice))
    assert seen == [0]


def test_a_worker_holds_none_while_the_result_is_stored(alice, watch, seen):
    job_id = placed(alice)
    with watch("PUT", "/results/"):
        jobs.perform(job_id)
    assert seen == [0]


def test_none_is_held_while_files_past_their_time_are_deleted(alice, watch, seen):
    jobs.perform(placed(alice))
    Job.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    with watch("DELETE", "/inputs/"):
        files.purge_expired()
    assert seen == [0]
