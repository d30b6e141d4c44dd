"""Asynchronous answers and the look-up of jobs."""

from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import keys
from services import engines as engines_module
from services import jobs
from services.models import Job
from tests.conftest import SERVICE
from tests.pictures import picture

pytestmark = pytest.mark.django_db(transaction=True)


def test_respond_async_answers_202_with_the_place_to_look(alice, no_worker):
    response = alice.post(Prefer="respond-async")
    path = f"/v1/jobs/{response.json()['job_id']}"
    assert (response.status_code, response["Location"].endswith(path)) == (202, True)


def test_respond_async_says_that_the_preference_was_applied(alice, no_worker):
    assert alice.post(Prefer="respond-async, wait=10")["Preference-Applied"] == "respond-async"


def test_an_unfinished_envelope_has_the_keys_of_a_finished_one(alice, no_worker):
    body = alice.post(Prefer="respond-async").json()
    found = body["status"], body["result"]["output_url"], body["result"]["credits_used"]
    assert found == ("pending", None, None)


def test_a_damaged_picture_is_told_at_once(alice, no_worker):
    assert alice.post(picture()[:200], Prefer="respond-async").status_code == 422


def test_past_the_time_limit_the_answer_is_202_and_the_job_goes_on(alice, no_worker, monkeypatch):
    monkeypatch.setattr("services.dialects.maskr.SingleView.timeout_s", 0.05)
    job_id = alice.post().json()["job_id"]
    jobs.perform(Job.objects.get(pk=job_id).pk)
    assert alice.api.get(f"/v1/jobs/{job_id}").json()["status"] == "completed"


def test_a_finished_job_can_be_looked_up(alice, worker):
    body = alice.post().json()
    found = alice.api.get(f"/v1/jobs/{body['job_id']}").json()
    assert found["result"]["credits_used"] == 3


@pytest.fixture
def narrow(alice):
    """The headers of a key for background removal alone."""
    _, plaintext = keys.create(alice.user, "narrow", scopes=["background-removal"])
    return {"Authorization": f"Bearer {plaintext}"}


def test_a_key_with_scopes_finds_what_it_asked_for(alice, narrow, no_worker):
    path = alice.post(Prefer="respond-async", **narrow)["Location"]
    assert alice.api.get(urlsplit(path).path, headers=narrow).json()["status"] == "pending"


def test_a_key_with_scopes_finds_its_batch(alice, narrow, no_worker):
    files = {"files": [SimpleUploadedFile("a.png", picture())]}
    headers = narrow | {"Prefer": "respond-async"}
    path = alice.api.post(f"{SERVICE}/batch", files, headers=headers)["Location"]
    assert alice.api.get(urlsplit(path).path, headers=narrow).status_code == 200


def test_another_accounts_job_is_404(alice, bob, worker):
    job_id = alice.post().json()["job_id"]
    assert bob.api.get(f"/v1/jobs/{job_id}").status_code == 404


def test_a_job_that_never_was_is_404(alice):
    path = "/v1/jobs/00000000-0000-4000-8000-000000000000"
    assert alice.api.get(path).json() == {"detail": "Not found."}


def test_a_look_up_needs_a_key(client):
    path = "/v1/jobs/00000000-0000-4000-8000-000000000000"
    assert client.get(path).status_code == 401


def test_a_worker_without_models_gives_503_and_no_charge(alice, worker, settings, tmp_path):
    settings.EMBEDDED = False  # the web process cannot know what the worker has
    settings.MODELS_DIR = tmp_path / "nothing"
    engines_module.engines.cache_clear()
    assert (alice.post().status_code, alice.balance) == (503, 10_000)


def test_the_queue_being_away_is_503_and_no_charge(alice, no_worker, monkeypatch):
    import redis

    def away(_job):
        raise redis.ConnectionError("refused")

    monkeypatch.setattr("services.tasks.send", away)
    assert (alice.post(path=SERVICE).status_code, alice.balance) == (503, 10_000)
