"""A queue that has grown too old refuses at the door, early, uncharged and with a time to come back."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from werkzeug.test import Client

from accounts import keys
from maskr_site.wsgi import application
from services import admission, jobs, waiting
from services.dialects.background_removal import BackgroundRemovalView
from services.errors import Unavailable
from services.models import Job
from tests.conftest import BATCH, SERVICE
from tests.pictures import picture
from tests.racing import at_once, until

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture
def waits(alice):
    """Alice has one picture waiting, for so many seconds."""

    def waits(seconds: float) -> None:
        alice.post(query="?async=1", prefer="respond-async")
        Job.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))
        admission.forget()

    return waits


def test_with_a_short_queue_work_is_accepted(alice, waits):
    waits(5)
    assert alice.post(prefer="respond-async").status_code == 202


def test_an_account_whose_pictures_wait_too_long_is_refused(alice, waits):
    waits(16)
    assert alice.post(prefer="respond-async").status_code == 503


def test_a_refusal_says_when_to_try_again(alice, waits):
    waits(16)
    assert alice.post()["Retry-After"] == "16"


def test_nobody_is_told_to_wait_longer_than_a_minute(alice, waits):
    waits(4000)
    assert alice.post()["Retry-After"] == "60"


def test_a_refusal_is_not_charged(alice, waits):
    waits(16)
    before = alice.balance
    alice.post()
    assert alice.balance == before


def test_a_refusal_stores_no_upload(alice, waits, tmp_path):
    waits(16)
    before = sorted((tmp_path / "files").rglob("*"))
    alice.post()
    assert sorted((tmp_path / "files").rglob("*")) == before


def test_an_account_with_nothing_waiting_is_let_in(new_customer, waits):
    waits(16)
    newcomer = new_customer("carol@example.com", 1000)
    assert newcomer.post(prefer="respond-async").status_code == 202


def test_a_full_queue_refuses_everybody(new_customer, waits, settings):
    settings.MAX_QUEUE_DEPTH = 1
    waits(1)
    newcomer = new_customer("carol@example.com", 1000)
    assert newcomer.post(prefer="respond-async").status_code == 503


def test_batches_wait_in_a_queue_of_their_own(alice, waits):
    waits(300)
    assert alice.post_batch([picture()], prefer="respond-async").status_code == 202


def test_a_batch_queue_that_is_too_old_refuses_batches(alice):
    alice.post_batch([picture()], prefer="respond-async")
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=241))
    admission.forget()
    assert alice.api.post(BATCH, {}).status_code == 503


@pytest.mark.parametrize("path", ["/v2", "/v1.0/removebg", "/v1/segment", "/remove-background/v1"])
def test_every_dialect_refuses_in_its_own_shape(alice, waits, path):
    waits(16)
    assert alice.api.post(path, {}).status_code == 503


def test_lookups_go_on(alice, waits):
    waits(16)
    assert alice.api.get(f"/v1/jobs/{Job.objects.get().pk}").status_code == 200


def test_a_flood_of_requests_is_one_query(alice, django_assert_num_queries):
    admission.forget()
    with django_assert_num_queries(1):
        for _ in range(50):
            admission.check(alice.user.pk, in_batches=False)


def test_who_was_refused_a_moment_ago_is_refused_without_a_look_at_the_database(
    alice, waits, django_assert_num_queries
):
    waits(16)
    first = alice.post()
    with django_assert_num_queries(0):
        again = alice.post()
    assert (again.status_code, again.json()) == (503, first.json())


def test_a_second_refusal_says_when_to_try_again(alice, waits):
    waits(16)
    alice.post()
    assert alice.post()["Retry-After"] == "16"


def test_a_second_refusal_counts_against_the_limit_and_tells_it(alice, waits):
    waits(16)
    first, second = alice.post(), alice.post()
    left = [int(answer["RateLimit-Remaining"]) for answer in (first, second)]
    assert left[1] == left[0] - 1


def test_who_was_refused_is_let_in_as_soon_as_there_is_room(alice, waits):
    waits(16)
    alice.post()
    waits(5)
    assert alice.post(prefer="respond-async").status_code == 202


def test_a_refusal_is_remembered_of_no_other_key(alice, new_customer, waits):
    waits(16)
    alice.post()
    newcomer = new_customer("carol@example.com", 1000)
    assert newcomer.post(prefer="respond-async").status_code == 202


def test_a_key_that_ends_after_a_refusal_is_told_so_once_there_is_room(alice, waits):
    waits(16)
    alice.post()
    keys.revoke(alice.key)
    waits(5)
    assert alice.post().status_code == 401


@pytest.fixture
def seen_meanwhile(monkeypatch):
    """What another request goes by while one looks at the queue, which was seen so long ago."""

    def seen(before, seconds_ago: float):
        at = time.monotonic() - seconds_ago
        old = admission._Seen(before, at, serves_until=at + 0.5)
        monkeypatch.setattr(admission, "_seen", {False: old})
        look, others = admission._look, []

        def slow(in_batches):
            monkeypatch.setattr(admission, "_look", look)
            others.append(admission.current_load(in_batches=in_batches))
            return look(in_batches)

        monkeypatch.setattr(admission, "_look", slow)
        admission.current_load(in_batches=False)
        return others[0]

    return seen


def test_while_one_looks_at_the_queue_the_others_go_by_what_was_seen_before(waits, seen_meanwhile):
    waits(5)
    before = admission.current_load(in_batches=False)
    assert seen_meanwhile(before, 1) is before


def test_what_was_seen_before_a_quiet_hour_refuses_nobody(waits, seen_meanwhile):
    waits(5)
    before = admission.current_load(in_batches=False)
    Job.objects.update(state="failed")
    assert seen_meanwhile(before, 3600).depth == 0


def test_after_the_queue_has_drained_work_is_accepted(alice, waits):
    waits(16)
    with pytest.raises(Unavailable):
        admission.check(alice.user.pk, in_batches=False)
    Job.objects.update(state="failed")
    admission.forget()
    assert alice.api.post(SERVICE, {}).status_code == 422


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


def test_by_default_a_queue_is_short_enough_to_be_gone_in_15_seconds_at_half_load(settings):
    assert settings.MAX_QUEUE_AGE_S * 2 <= 15


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
