"""POST /v1/services/background-removal/batch."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connections
from django.db.models import QuerySet

from accounts.models import ApiKey, User
from services.models import Job
from tests.conftest import BATCH
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

ENVELOPE = [
    "batch_id",
    "status",
    "total_files",
    "completed",
    "failed",
    "results",
    "total_processing_time_ms",
    "total_credits_used",
    "error",
]


def names_and_states(body) -> list[tuple[str, str]]:
    return [(item["input_filename"], item["status"]) for item in body["results"]]


def test_answers_with_the_founding_envelope_in_its_order(alice):
    assert list(alice.post_batch([picture()]).json()) == ENVELOPE


def test_the_time_of_a_batch_that_took_none_is_a_float_too(alice):
    assert '"total_processing_time_ms":0.0,' in alice.post_batch([b"no picture"]).content.decode()


def test_keeps_the_order_of_upload(alice):
    body = alice.post_batch([picture(width=40 + 8 * i) for i in range(6)]).json()
    assert [item["original_width"] for item in body["results"]] == [40, 48, 56, 64, 72, 80]


def test_charges_every_picture(alice):
    body = alice.post_batch([picture()] * 3).json()
    assert (body["total_credits_used"], alice.balance) == (9, 9_100)


def test_with_credits_for_two_of_five_two_are_done(new_customer):
    body = new_customer("poor@example.com", 700).post_batch([picture()] * 5).json()
    assert (body["completed"], body["failed"], body["total_credits_used"]) == (2, 3, 6)


def test_what_is_refused_for_credits_has_the_id_of_its_place(new_customer):
    body = new_customer("poor@example.com", 700).post_batch([picture()] * 5).json()
    refused = [(item["job_id"], item["error"]) for item in body["results"][2:]]
    batch = body["batch_id"]
    assert refused == [(f"{batch}_{index}", "Insufficient credits") for index in (2, 3, 4)]


def test_credits_for_none_is_402(bob):
    assert bob.post_batch([picture()] * 2).status_code == 402


def test_a_bad_picture_fails_alone(alice):
    body = alice.post_batch([picture(), b"text", picture()[:200], picture()]).json()
    assert [state for _, state in names_and_states(body)] == [
        "completed",
        "failed",
        "failed",
        "completed",
    ]


def test_only_good_pictures_are_charged(alice):
    alice.post_batch([picture(), b"text", picture()[:200], picture()])
    assert alice.balance == 10_000 - 600


def test_a_damaged_picture_takes_the_credits_of_no_good_one(new_customer):
    body = new_customer("poor@example.com", 300).post_batch([picture()[:200], picture()]).json()
    assert (body["completed"], body["results"][1]["status"]) == (1, "completed")


def test_beyond_the_cap_of_a_key_the_reason_is_told(alice):
    ApiKey.objects.update(monthly_credit_cap_hundredths=100)
    told = "Insufficient credits: the monthly cap of this API key is reached"
    assert alice.post_batch([picture()]).json() == {"detail": told}


def test_beyond_the_cap_of_a_key_no_top_up_is_asked_for(alice, monkeypatch):
    asked: list[User] = []
    monkeypatch.setattr("billing.top_up_requests.consider_refused", asked.append)
    ApiKey.objects.update(monthly_credit_cap_hundredths=100)
    alice.post_batch([picture()])
    assert asked == []


def test_the_database_may_be_away_while_a_batch_is_waited_for(alice, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr(Job, "refresh_from_db", away)
    assert alice.post_batch([picture()] * 2).json()["completed"] == 2


def test_the_database_may_be_away_when_the_waiting_for_a_batch_begins(alice, monkeypatch):
    times = iter([True])
    look = QuerySet._fetch_all

    def away_once(rows) -> None:
        if rows.model is Job and rows._hints.get("instance") and next(times, False):
            raise OperationalError("gone")
        look(rows)

    monkeypatch.setattr(QuerySet, "_fetch_all", away_once)
    assert alice.post_batch([picture()] * 2).json()["completed"] == 2


def test_a_too_large_picture_fails_alone(alice):
    body = alice.post_batch([bytes(25 * 2**20 + 1), picture()]).json()
    assert [item["error"] for item in body["results"]] == [
        "The file is larger than the limit of 25 MB.",
        None,
    ]


def test_no_files_is_400(alice):
    response = alice.api.post(BATCH, {"x": "1"}, format="multipart")
    assert (response.status_code, response.json()) == (400, {"detail": "No files provided"})


def test_a_text_among_the_files_is_told_and_not_passed_over(alice):
    files = [SimpleUploadedFile("a.png", picture()), "b.png"]
    response = alice.api.post(BATCH, {"files": files}, format="multipart")
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["body", "files"])


def test_51_files_are_400(alice):
    assert alice.post_batch([picture()] * 51).status_code == 400


def test_a_flood_of_files_is_400(alice):
    assert alice.post_batch([b"x"] * 180).status_code == 400


def test_the_batch_can_be_looked_up(alice):
    body = alice.post_batch([picture()] * 2).json()
    again = alice.api.get(f"/v1/batches/{body['batch_id']}").json()
    assert (again["status"], again["completed"]) == ("completed", 2)


def test_another_accounts_batch_is_404(alice, bob):
    body = alice.post_batch([picture()]).json()
    assert bob.api.get(f"/v1/batches/{body['batch_id']}").status_code == 404


def test_respond_async_answers_at_once_with_the_place_to_look(alice):
    response = alice.post_batch([picture()], Prefer="respond-async")
    path = f"/v1/batches/{response.json()['batch_id']}"
    assert (response.status_code, response["Location"].endswith(path)) == (202, True)


def test_two_batches_racing_for_the_last_credits_never_overdraw(new_customer):
    customer = new_customer("race@example.com", 7 * 300)

    def send(_):
        try:
            return customer.post_batch([picture()] * 5).json()["completed"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = sum(pool.map(send, range(2)))
    assert (done, customer.balance, Job.objects.filter(charged=300).count()) == (7, 0, 7)
