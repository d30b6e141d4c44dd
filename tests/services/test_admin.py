import pytest

from services.models import Batch, Job
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]
JOBS = "/admin/services/job/"


@pytest.fixture
def job(alice) -> Job:
    alice.post(Prefer="respond-async")
    return Job.objects.get()


@pytest.mark.parametrize("words", ["alice@example.com", "{id}", "{request}"])
def test_finds_a_job_by_owner_and_ids(admin_client, job, words):
    query = words.format(id=job.pk, request=job.request_id)
    assert str(job.pk) in admin_client.get(JOBS, {"q": query}).content.decode()


def test_shows_a_job(admin_client, job):
    assert admin_client.get(f"{JOBS}{job.pk}/change/").status_code == 200


@pytest.mark.parametrize("action", ["change", "delete"])
def test_changes_nothing(admin_client, job, action):
    assert admin_client.post(f"{JOBS}{job.pk}/{action}/", {"post": "yes"}).status_code == 403


def test_adds_nothing(admin_client):
    assert admin_client.get(f"{JOBS}add/").status_code == 403


def test_lists_batches(admin_client, alice):
    alice.post_batch([picture()], Prefer="respond-async")
    html = admin_client.get("/admin/services/batch/").content.decode()
    assert str(Batch.objects.get().pk) in html
