"""A request whose commit was answered by nobody is done once, under its Idempotency-Key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db.models.signals import post_save

from services import tasks
from services.models import IdempotentRequest, Job
from tests.pictures import picture
from tests.racing import until
from tests.services.test_idempotency import KEY, remove

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


@contextmanager
def lost_commit() -> Iterator[None]:
    """The database commits a job, and goes away before it has said so."""

    def lose(**_: object) -> None:
        def go_away() -> None:
            raise OperationalError("server closed the connection unexpectedly")

        transaction.on_commit(go_away)

    post_save.connect(lose, sender=Job)
    try:
        yield
    finally:
        post_save.disconnect(lose, sender=Job)


def send_two(alice) -> int:
    return alice.post_batch([picture()] * 2, **KEY).status_code


def end_jobs() -> None:
    for job in Job.objects.all():
        tasks.send(job)  # as a sweep does
    until(lambda: all(job.has_ended for job in Job.objects.all()))


@pytest.mark.in_process("breaks a commit within the process")
@pytest.mark.parametrize("send", [lambda alice: alice.post(**KEY).status_code, remove, send_two])
def test_a_request_whose_commit_was_lost_can_be_sent_again_until_it_is_done(alice, send):
    with lost_commit():
        assert send(alice) == 503
    end_jobs()
    assert [send(alice), send(alice)] == [503, 200]


@pytest.mark.in_process("breaks a commit within the process")
def test_a_batch_whose_commit_was_lost_is_done_and_charged_once(alice):
    with lost_commit():
        send_two(alice)
    end_jobs()
    send_two(alice)
    body = alice.post_batch([picture()] * 2, **KEY).json()
    assert (body["completed"], alice.balance) == (2, 9_400)


def test_a_batch_of_which_a_picture_was_done_keeps_its_key(alice):
    first = alice.post_batch([picture(), b"text"], **KEY)
    IdempotentRequest.objects.update(status=None, body="")
    Job.objects.filter(state="failed").update(error_code="no_room")
    again = alice.post_batch([picture(), b"text"], **KEY)
    # Links are signed anew, for seconds of their own: only what they lead to stays.
    assert _jobs_of(again.json()) == _jobs_of(first.json())


def _jobs_of(batch: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(each["job_id"], each["status"], each["credits_used"]) for each in batch["results"]]
