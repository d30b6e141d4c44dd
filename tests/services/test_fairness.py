"""Turns are taken by account: whoever floods the queue waits for himself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from services import fairness, jobs, operations, tasks
from services.models import Batch, Job
from services.operations import RemoveBackground

pytestmark = [
    pytest.mark.usefixtures("graphs"),
    pytest.mark.in_process("does by hand what workers and sweeps do"),
]


def order_of_work(count: int, *, in_batches: bool = False) -> list[str]:
    """Whose jobs are taken, in turn, when one worker takes `count` of them."""
    done = []
    for _ in range(count):
        done.append(take_turn(in_batches=in_batches).owner.email.partition("@")[0])
    return done


def take_turn(*, in_batches: bool = False) -> Job:
    turn = fairness.next_turn(in_batches=in_batches)
    assert turn
    job = jobs.claim(turn.job_id)
    assert job
    return job


@pytest.fixture
def place():
    """Waiting rows of a customer; no pictures are needed to see who is next."""

    def place(customer, count=1, batch=None, request_id=""):
        return [
            Job.objects.create(
                owner=customer.user, service="background-removal",
                operation=operations.to_json(RemoveBackground()), price=0,
                batch=batch, batch_index=index, request_id=request_id, input_name=f"no/{uuid4()}",
                enqueued_at=timezone.now(),
            )
            for index in range(count)
        ]  # fmt: skip

    return place


def test_a_single_job_does_not_wait_for_anothers_many(alice, bob, place):
    place(alice, 5)
    place(bob, 1)
    assert order_of_work(3) == ["alice", "bob", "alice"]


def test_accounts_take_turns(alice, bob, place):
    place(alice, 3)
    place(bob, 3)
    assert order_of_work(6) == ["alice", "bob"] * 3


def test_jobs_of_one_account_go_in_the_order_they_came(alice, place):
    placed = place(alice, 4)
    taken = [take_turn().pk for _ in placed]
    assert taken == [job.pk for job in placed]


def test_batches_take_turns_too(alice, bob, place):
    for customer in (alice, bob):
        batch = Batch.objects.create(owner=customer.user, service="x", total_files=2)
        place(customer, 2, batch)
    assert order_of_work(4, in_batches=True) == ["alice", "bob"] * 2


def test_a_batch_is_not_in_the_queue_of_single_jobs(alice, place):
    place(alice, 1, Batch.objects.create(owner=alice.user, service="x", total_files=1))
    assert fairness.next_turn(in_batches=False) is None


def test_a_newcomer_goes_before_those_who_were_served(alice, bob, place):
    place(alice, 3)
    order_of_work(1)
    place(bob, 1)
    assert order_of_work(1) == ["bob"]


def test_a_turn_carries_the_request_it_is_for(alice, place):
    place(alice, 1, request_id="req_x")
    turn = fairness.next_turn(in_batches=False)
    assert turn and turn.request_id == "req_x"


def test_every_message_does_one_job_whichever_it_names(alice, bob, place):
    many, (one,) = place(alice, 3), place(bob, 1)
    for job in [*many, one]:
        tasks.perform(str(job.pk))
    assert not Job.objects.filter(state="pending").exists()


def test_a_message_for_a_dead_workers_job_takes_it_over(alice, place):
    (job,) = place(alice)
    jobs.claim(job.pk)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.perform(str(job.pk))
    assert Job.objects.get().attempts == 2


def test_a_message_that_comes_twice_does_nothing_more(alice, place):
    (job,) = place(alice)
    tasks.perform(str(job.pk))
    tasks.perform(str(job.pk))
    assert Job.objects.get().attempts == 1


def test_a_message_whose_job_another_worker_takes_does_what_still_waits(alice, place, monkeypatch):
    first, second = place(alice, 2)
    find = fairness.next_turn

    def and_lose_it(*, in_batches: bool) -> fairness.Turn | None:
        turn = find(in_batches=in_batches)
        monkeypatch.setattr(fairness, "next_turn", find)
        jobs.claim(first.pk)
        return turn

    monkeypatch.setattr(fairness, "next_turn", and_lose_it)
    tasks.perform(str(first.pk))
    second.refresh_from_db()
    assert second.attempts == 1
