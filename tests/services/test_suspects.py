"""Jobs over which a worker died are tried again one by one, and a try counts when it begins."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from services import suspects
from services.models import Job
from tests.racing import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tried(django_user_model) -> Callable[[int], Job]:
    """A job that some worker has now, for so many times."""
    owner = django_user_model.objects.create_user("carol@example.com")

    def tried(times: int) -> Job:
        return Job.objects.create(
            owner=owner, service="x", operation={}, price=1, state="processing", attempts=times
        )

    return tried


@contextlib.contextmanager
def running(job: Job) -> Iterator[threading.Event]:
    """In a thread of its own, from when it may until the end; the event tells that it runs."""
    runs, is_over = threading.Event(), threading.Event()

    def run() -> None:
        with suspects.one_by_one(job):
            runs.set()
            is_over.wait(20)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield runs
    finally:
        is_over.set()
        thread.join()


def attempts_of(job: Job) -> int:
    return Job.objects.get(pk=job.pk).attempts


def test_a_first_try_runs_beside_others(tried):
    with running(tried(2)) as suspect, running(tried(1)) as other, running(tried(1)) as third:
        assert suspect.wait(10) and other.wait(10) and third.wait(10)


def test_a_second_try_waits_for_that_of_another_and_does_not_count_yet(tried):
    waiting = tried(2)
    with running(tried(2)) as first:
        first.wait(10)
        with running(waiting) as second:
            until(lambda: attempts_of(waiting) == 1)
            assert not second.is_set()


def test_it_counts_when_it_begins(tried):
    waiting = tried(2)
    with contextlib.ExitStack() as later, running(tried(2)) as first:
        first.wait(10)
        second = later.enter_context(running(waiting))
        until(lambda: attempts_of(waiting) == 1)
        later.callback(lambda: second.wait(10))
    assert attempts_of(waiting) == 2
