"""Clients that hang up while their picture is worked on: the thread goes free, the work goes on."""

import socket
import time
from functools import partial

import pytest

from services import jobs, notifications, waiting
from services.models import Job
from tests.conftest import BATCH, SERVICE
from tests.pictures import picture

pytestmark = pytest.mark.usefixtures("no_worker")
PATHS = {SERVICE: "file", BATCH: "files", "/v2": "image_file", "/v1.0/removebg": "image_file"}


@pytest.fixture
def gone(monkeypatch):
    """The server's end of a connection whose client has hung up; looked at often."""
    monkeypatch.setattr(notifications, "LONGEST_WAIT_S", 0.1)
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        yield ours


@pytest.fixture
def ask(alice, gone):
    """Somebody who does not wait for the answer."""

    def ask(path=SERVICE, **headers):
        connection = {"gunicorn.socket": gone}
        alice.api.defaults.update(connection)
        return alice.send(path, {PATHS[path]: picture()}, **headers)

    return ask


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_waited_for_who_has_hung_up(ask, path):
    began_at = time.monotonic()
    ask(path)
    assert time.monotonic() - began_at < 10


@pytest.mark.parametrize("path", PATHS)
def test_the_work_of_who_hung_up_goes_on(ask, path):
    ask(path)
    assert Job.objects.get().state == Job.State.PENDING


@pytest.mark.parametrize("path", [SERVICE, "/v2"])
def test_who_hung_up_and_asks_again_has_the_result_and_pays_once(alice, ask, path):
    ask(path, **{"Idempotency-Key": "once"})
    jobs.perform(Job.objects.get().pk)
    again = ask(path, **{"Idempotency-Key": "once"})
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert (Job.objects.count(), 10_000 - alice.balance) == (1, Job.objects.get().charged)


def test_who_is_still_there_is_waited_for(alice, monkeypatch):
    monkeypatch.setattr(notifications, "LONGEST_WAIT_S", 0.05)
    alice.post(prefer="respond-async")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"GET /health HTTP/1.1")  # the next request, sent ahead
        job = waiting.wait(Job.objects.get(), 0.3, partial(waiting.hung_up, ours))
    assert not job.has_ended
