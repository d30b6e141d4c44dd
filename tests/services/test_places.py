"""Threads of a web process are kept for others, and for refusing: not all may wait for pictures."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from werkzeug.test import Client

from maskr_site.wsgi import application
from services import jobs, waiting
from services.dialects.background_removal import BackgroundRemovalView
from services.models import Job
from tests.conftest import SERVICE
from tests.racing import at_once, until

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture
def waiters(alice, settings):
    """So many requests of Alice's wait in a process of eight threads."""
    settings.WEB_THREADS = 8
    alice.post(query="?async=1", prefer="respond-async")
    job = Job.objects.get()

    def wait(_: int) -> None:
        waiting.wait(job, 30)
        connection.close()

    with ThreadPoolExecutor(8) as pool:

        def waiters(count: int) -> None:
            found = [pool.submit(wait, number) for number in range(count)]
            until(lambda: waiting.waiters() == len(found))

        yield waiters
        jobs.cancel(job, error="The test is over.")


def test_an_account_that_holds_most_threads_is_refused(alice, waiters):
    waiters(6)
    assert alice.post().status_code == 503


def test_a_refusal_for_want_of_threads_says_when_to_try_again(alice, waiters):
    waiters(6)
    assert int(alice.post()["Retry-After"]) >= 1


def test_work_that_nobody_waits_for_needs_no_thread(alice, waiters):
    waiters(6)
    assert alice.post(prefer="respond-async").status_code == 202


def test_threads_are_left_for_another_account(new_customer, waiters):
    newcomer = new_customer("carol@example.com", 1000)
    waiters(6)
    assert waiting.has_room(newcomer.user.pk)


def test_a_thread_is_left_to_refuse_with(new_customer, waiters):
    newcomer = new_customer("carol@example.com", 1000)
    waiters(7)
    assert newcomer.post().status_code == 503


def test_of_many_that_come_at_once_no_more_are_let_in_than_may_wait(alice, settings, monkeypatch):
    settings.WEB_THREADS = 4
    monkeypatch.setattr(BackgroundRemovalView, "timeout_s", 3.0)
    answers = at_once(lambda _: alice.post().status_code, range(8))
    assert sorted(answers) == [202] * 3 + [503] * 5


def test_of_many_that_come_at_once_those_without_credits_are_told_so(
    new_customer, settings, monkeypatch
):
    settings.WEB_THREADS = 4
    monkeypatch.setattr(BackgroundRemovalView, "timeout_s", 3.0)
    poor = new_customer("carol@example.com", 600)
    answers = at_once(lambda _: poor.post().status_code, range(8))
    assert sorted(answers) == [202] * 2 + [402] * 6


def test_an_upload_that_takes_long_holds_a_place(alice, settings, monkeypatch):
    settings.WEB_THREADS = 1
    monkeypatch.setattr(waiting, "_GRACE_S", 0.0)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(waiting.come, alice.user.pk).result()
        has_room = waiting.has_room(alice.user.pk)
        pool.submit(waiting.leave).result()
    assert not has_room


def test_an_upload_of_a_request_that_waits_for_nothing_holds_a_place_while_it_comes(
    alice, monkeypatch
):
    seen = []

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append(waiting.waiters())
            return super().read(size)

    monkeypatch.setattr(waiting, "_GRACE_S", 0.0)
    headers = {"X-Api-Key": alice.plaintext, "Prefer": "respond-async"}
    Client(application).post(
        *(SERVICE,),
        input_stream=Slow(b"--x--"),
        content_length=5,
        content_type="multipart/form-data; boundary=x",
        headers=headers,
    )
    assert set(seen[:1]) == {1}


def test_who_waits_for_nothing_leaves_a_thread_to_refuse_with_too(alice, waiters):
    waiters(7)
    assert alice.post(prefer="respond-async").status_code == 503


def test_one_that_has_just_come_holds_none(alice, settings):
    settings.WEB_THREADS = 1
    with ThreadPoolExecutor(1) as pool:
        pool.submit(waiting.come, alice.user.pk).result()
        has_room = waiting.has_room(alice.user.pk)
        pool.submit(waiting.leave).result()
    assert has_room


def test_who_was_refused_at_the_door_takes_no_place(alice):
    alice.api.post(SERVICE, {})
    assert waiting.waiters() == 0


def test_there_is_room_again_once_the_answers_are_sent(alice, waiters):
    waiters(6)
    jobs.cancel(Job.objects.get(), error="Never mind.")
    until(lambda: waiting.waiters() == 0)
    assert waiting.has_room(alice.user.pk)


def test_of_uploads_that_came_at_once_those_there_is_no_room_for_have_to_go(settings, monkeypatch):
    """Seven of any accounts may have a thread of eight; six where the account has one already."""
    settings.WEB_THREADS = 8
    monkeypatch.setattr(waiting, "_GRACE_S", 0.0)
    gate = threading.Barrier(8)

    def upload(_number):
        waiting.come(1)
        gate.wait()
        must_go = waiting.must_go()
        gate.wait()
        waiting.leave()
        return must_go

    assert sorted(at_once(upload, range(8))) == [False] * 6 + [True] * 2


def test_an_upload_that_came_a_moment_ago_may_go_on(settings):
    settings.WEB_THREADS = 1
    waiting.come(1)
    assert not waiting.must_go()
    waiting.leave()
