"""The API by session: for pages with their token alone, charged and limited as a key is."""

import pytest

from services.models import Job
from tests.conftest import BATCH, EXTRACTION, REMOVAL, SEGMENTATION, SERVICE
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
UNAUTHORISED = {"detail": "Missing or invalid API key. Check your Authorization header."}
PAIR = {"image": picture(), "mask": picture()}


def test_a_session_with_its_token_is_served(page):
    assert page.send(SERVICE).json()["status"] == "completed"


def test_a_session_is_charged_like_a_key(page, alice):
    page.send(SERVICE)
    by_session = 10_000 - alice.balance
    alice.post()
    assert by_session == 10_000 - by_session - alice.balance == 300


def test_a_job_of_a_session_names_no_key(page, alice):
    page.send(SERVICE)
    job = Job.objects.get()
    assert (job.owner, job.api_key) == (alice.user, None)


@pytest.mark.parametrize(
    ("path", "files"),
    [
        (SEGMENTATION + "?points=[[32,32]]", {"file": picture()}),
        (EXTRACTION, PAIR),
        (REMOVAL, PAIR),
    ],
    ids=["segmentation", "extraction", "removal"],
)
def test_every_service_of_the_studio_takes_a_session(page, path, files):
    assert page.send(path, files).json()["status"] == "completed"


def test_a_session_without_the_token_is_nobody(page):
    answer = page.send(SERVICE, **{"X-CSRFToken": ""})
    assert (answer.status_code, answer.json()) == (401, UNAUTHORISED)


def test_a_wrong_token_is_refused(page, alice):
    answer = page.send(SERVICE, **{"X-CSRFToken": "a" * 64})
    assert (answer.status_code, alice.balance) == (403, 10_000)


def test_a_token_from_another_sites_page_is_refused(page, alice):
    answer = page.send(SERVICE, Origin="https://evil.example")
    assert (answer.status_code, alice.balance) == (403, 10_000)


def test_a_refusal_says_that_nothing_was_charged(page):
    answer = page.send(SERVICE, **{"X-CSRFToken": "a" * 64})
    assert answer.json()["detail"].endswith("You were not charged.")


def test_the_token_in_the_form_is_not_looked_for(page):
    """It would read the upload before its limits are set."""
    answer = page.client.post(SERVICE, {"csrfmiddlewaretoken": page.token})
    assert answer.status_code == 401


def test_nobodys_token_opens_nothing(visitor):
    answer = visitor.send(SERVICE)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORISED)


def test_a_key_counts_before_the_session(page, alice, bob):
    answer = page.send(SERVICE, Authorization=f"Bearer {bob.plaintext}")
    assert (answer.status_code, alice.balance) == (402, 10_000)


def test_a_wrong_key_is_refused_whatever_the_session(page, alice):
    answer = page.send(SERVICE, Authorization="Bearer sk-live-wrong")
    assert (answer.status_code, answer.json()) == (401, UNAUTHORISED)


def test_a_key_needs_no_token(page, alice):
    headers = {"X-CSRFToken": "", "Authorization": f"Bearer {alice.plaintext}"}
    assert page.send(SERVICE, **headers).status_code == 200


def test_batches_take_keys_alone(page):
    assert page.send(BATCH, {"files": picture()}).status_code == 401


def test_an_account_that_was_locked_meanwhile_is_nobody(page, alice):
    alice.user.is_active = False
    alice.user.save()
    assert page.send(SERVICE).status_code == 401


def test_a_session_without_credits_is_told_so(open_studio, bob):
    assert open_studio(bob.user).send(SERVICE).status_code == 402


def test_a_session_is_limited_by_account(page, open_studio, alice):
    statuses = [page.send(SERVICE, {}).status_code for _ in range(60)]
    assert set(statuses) == {422}
    assert open_studio(alice.user).send(SERVICE, {}).status_code == 429


def test_a_session_may_look_its_job_up(page):
    job = page.send(SERVICE).json()["job_id"]
    answer = page.client.get(f"/v1/jobs/{job}", headers={"X-CSRFToken": page.token})
    assert answer.json()["status"] == "completed"


def test_a_session_sees_no_job_of_anybody_else(page, open_studio, bob):
    job = page.send(SERVICE).json()["job_id"]
    stranger = open_studio(bob.user)
    answer = stranger.client.get(f"/v1/jobs/{job}", headers={"X-CSRFToken": stranger.token})
    assert answer.status_code == 404


def test_a_too_large_upload_is_refused_before_the_token_is_looked_at(page, settings):
    answer = page.send(SERVICE, **{"Content-Length": str(30 * 2**20)})
    assert answer.status_code == 413
