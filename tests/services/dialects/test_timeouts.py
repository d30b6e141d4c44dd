"""A raw-bytes request has no later: past the limit its job is given up, and nothing is charged."""

import pytest

from services import jobs
from services.models import Job
from tests.services.dialects.vendors import VENDORS, send

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker", "books"),
]


@pytest.fixture(autouse=True)
def _short(settings) -> None:
    settings.SYNC_TIMEOUT_S = 0.05


@pytest.mark.parametrize("name", VENDORS)
def test_a_job_that_nobody_took_is_cancelled_uncharged(alice, name):
    response = send(alice.api, VENDORS[name])
    assert (response.status_code, alice.balance) == (503, 10_000)


def test_the_answer_says_when_to_try_again(alice):
    assert int(send(alice.api, VENDORS["removebg"])["Retry-After"]) > 0


def test_a_job_that_a_worker_still_has_is_abandoned_uncharged(alice, monkeypatch):
    monkeypatch.setattr("services.tasks.send", lambda job: jobs.claim(job.pk))
    response = send(alice.api, VENDORS["backgrounderase"])
    state = Job.objects.get().state
    assert (response.status_code, state, alice.balance) == (503, "failed", 10_000)
