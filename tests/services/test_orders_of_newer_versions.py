"""While a release is rolled out: orders that a newer web process wrote, and an older worker."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from services import operations, reaper, tasks
from services.models import Job
from tests.conftest import Customer
from tests.services.pages.conftest import logged_in, read

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker", "books"),
    pytest.mark.in_process("does by hand what workers and sweeps do"),
]

State = Job.State
#: What a release after this one may write, in the order of the row and within an option's value.
NEWER = {
    "an option": {"service": "background-removal", "sharpen": 3},
    "a value": {"service": "background-removal", "quality": "superb"},
    "an option of an option": {"service": "rendering", "options": {"glow": 1}},
    "a service": {"service": "portraits"},
}


def placed(customer: Customer, newer: str = "", **fields: object) -> Job:
    """As a web process placed it; as a newer one did, with what this version does not know."""
    job_id = UUID(customer.post(Prefer="respond-async").json()["job_id"])
    if newer:
        fields |= {"operation": NEWER[newer]}
    Job.objects.filter(pk=job_id).update(**fields)
    return Job.objects.get(pk=job_id)


def work(job: Job) -> Job:
    """A worker of this version gets the message of the job."""
    tasks.perform(str(job.pk))
    job.refresh_from_db()
    return job


def wait(job: Job, **age: float) -> None:
    """So much time passes, for all that the row says of time."""
    Job.objects.filter(pk=job.pk).update(
        **{
            name: getattr(job, name) - timedelta(**age)
            for name in ("created_at", "enqueued_at", "lease_until")
            if getattr(job, name)
        }
    )


@pytest.mark.parametrize("newer", NEWER)
def test_an_older_worker_leaves_it_to_a_newer_one(alice, newer):
    job = work(placed(alice, newer))
    assert (job.state, job.attempts, job.lease_token) == (State.PENDING, 0, None)


def test_its_customer_is_told_that_it_waits(alice):
    job = work(placed(alice, "an option"))
    assert alice.api.get(f"/v1/jobs/{job.pk}").json()["status"] == "pending"


@pytest.mark.parametrize("newer", NEWER)
def test_its_page_is_shown(alice, newer):
    job = work(placed(alice, newer))
    assert "It waits for a worker" in read(logged_in(alice), f"/account/jobs/{job.pk}/")


def test_a_worker_does_the_jobs_behind_it_with_the_same_message(alice):
    newer = placed(alice, "an option")
    behind = placed(alice)
    work(newer)
    behind.refresh_from_db()
    assert behind.state == State.COMPLETED


def test_a_worker_takes_it_once_for_a_message(alice, caplog):
    with caplog.at_level("WARNING"):
        work(placed(alice, "an option"))
    assert len([line for line in caplog.messages if "sharpen" in line]) == 1


def test_its_account_is_not_refused_for_the_age_of_its_queue(alice):
    job = work(placed(alice, "an option"))
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    assert alice.post(Prefer="respond-async").status_code == 202


def test_no_sweep_sends_it_again_at_once(alice):
    work(placed(alice, "an option"))
    done = reaper.sweep()
    assert (done["resent"], done["rested"]) == (0, 0)


def test_a_later_sweep_sends_it_again(alice):
    wait(work(placed(alice, "an option")), seconds=31)
    done = reaper.sweep()
    assert (done["resent"], done["rested"]) == (0, 1)


def test_a_newer_worker_does_it_when_it_was_sent_again(alice):
    job = work(placed(alice, "an option"))
    wait(job, seconds=31)
    reaper.sweep()
    Job.objects.filter(pk=job.pk).update(operation={"service": "background-removal"})
    assert (work(job).state, job.attempts, alice.balance) == (State.COMPLETED, 1, 9_700)


@pytest.mark.parametrize("newer", NEWER)
def test_after_an_hour_without_a_newer_worker_it_fails_uncharged(alice, newer):
    job = placed(alice, newer)
    wait(job, minutes=61)
    assert (work(job).state, job.error_code, alice.balance) == (State.FAILED, "gave_up", 10_000)


def test_the_error_says_that_nobody_understood_it(alice):
    job = placed(alice, "an option")
    wait(job, minutes=61)
    work(job)
    assert "No worker of this version knows" in alice.api.get(f"/v1/jobs/{job.pk}").json()["error"]


@pytest.mark.parametrize("newer", NEWER)
def test_the_page_of_one_that_failed_does_not_offer_it_again(alice, newer):
    job = placed(
        alice, newer, service="portraits" if newer == "a service" else "background-removal"
    )
    wait(job, minutes=61)
    work(job)
    assert "Request again" not in read(logged_in(alice), f"/account/jobs/{job.pk}/")


@pytest.mark.parametrize("newer", NEWER)
def test_asking_for_it_again_is_answered_with_a_page(alice, newer):
    job = placed(
        alice, newer, service="portraits" if newer == "a service" else "background-removal"
    )
    wait(job, minutes=61)
    work(job)
    assert logged_in(alice).get(f"/account/jobs/{job.pk}/again/").status_code == 200


def test_another_worker_that_took_it_meanwhile_keeps_it(alice, monkeypatch):
    """The first one was so slow that its lease ran out before it put the job aside."""
    job = placed(alice, "an option")
    read_order = operations.from_json

    def late(data):
        Job.objects.filter(pk=job.pk).update(lease_token=job.pk, attempts=2)
        return read_order(data)

    monkeypatch.setattr(operations, "from_json", late)
    assert (work(job).state, job.lease_token, job.attempts) == (State.PROCESSING, job.pk, 2)
