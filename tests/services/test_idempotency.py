"""Idempotency-Key: one request's work and charge, however often it is sent."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.db.models.signals import post_save
from django.utils import timezone

from accounts import keys
from services import idempotency, reaper, tasks
from services.models import IdempotentRequest, Job
from tests.pictures import picture
from tests.racing import move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

KEY = {"Idempotency-Key": "order-17"}


def test_the_same_request_gets_the_same_bytes(alice):
    assert alice.post(**KEY).content == alice.post(**KEY).content


def test_a_replay_says_that_it_is_one(alice):
    alice.post(**KEY)
    assert alice.post(**KEY)["Idempotent-Replayed"] == "true"


def test_a_replay_charges_nothing(alice):
    alice.post(**KEY)
    alice.post(**KEY)
    assert (alice.balance, Job.objects.count()) == (9_700, 1)


def test_another_picture_under_the_same_key_is_422(alice):
    alice.post(**KEY)
    assert alice.post(picture(width=40), **KEY).status_code == 422


def test_another_option_under_the_same_key_is_422(alice):
    alice.post(**KEY)
    assert alice.post(query="?edges=fine", **KEY).status_code == 422


def remove(alice, data: bytes = b"", path: str = "/v2", **fields) -> int:
    """By one of the raw APIs, which take the options as fields."""
    headers = KEY | {"x-api-key": alice.plaintext}
    file = SimpleUploadedFile("a.png", data or picture())
    return alice.api.post(path, {"image_file": file, **fields}, headers=headers).status_code


def test_another_field_under_the_same_key_is_422(alice):
    assert (remove(alice, format="png"), remove(alice, format="jpg")) == (200, 422)


def test_another_address_under_the_same_key_is_422(alice):
    assert (remove(alice), remove(alice, path="/v1.0/removebg")) == (200, 422)


def test_another_json_under_the_same_key_is_422(alice):
    def remove(data: bytes) -> int:
        body = {"image_base64": b64encode(data).decode()}
        headers = KEY | {"x-api-key": alice.plaintext}
        return alice.api.post("/v2", body, format="json", headers=headers).status_code

    assert (remove(picture()), remove(picture(width=40))) == (200, 422)


def test_another_accounts_same_key_is_another_key(alice, new_customer):
    other = new_customer("other@example.com", 1_000)
    alice.post(**KEY)
    assert "Idempotent-Replayed" not in other.post(**KEY)


def test_a_replay_under_a_key_that_another_account_has_too_is_of_the_own_work(alice, new_customer):
    other = new_customer("other@example.com", 1_000)
    alice.post(**KEY)
    assert other.post(**KEY).content == other.post(**KEY).content


def test_an_answer_is_kept_for_its_own_key_alone(alice):
    body = alice.post(**KEY).json()
    IdempotentRequest.objects.update(status=None, body="")
    alice.post(**{"Idempotency-Key": "order-18"})
    assert alice.post(**KEY).json()["job_id"] == body["job_id"]


def test_a_sweep_forgets_no_key_of_today(alice):
    alice.post(**KEY)
    reaper.sweep()
    assert alice.post(**KEY)["Idempotent-Replayed"] == "true"


def test_a_key_of_256_characters_is_400(alice):
    assert alice.post(**{"Idempotency-Key": "x" * 256}).status_code == 400


def test_a_refused_request_keeps_nothing(alice):
    alice.post(b"text", **KEY)
    assert alice.post(**KEY).status_code == 200


def test_a_refused_request_forgets_no_other_key(alice):
    alice.post(**KEY)
    alice.post(b"text", **{"Idempotency-Key": "order-18"})
    assert alice.post(**KEY)["Idempotent-Replayed"] == "true"


def test_a_request_that_the_queue_refused_forgets_no_other_key(alice, monkeypatch):
    alice.post(**KEY)
    with monkeypatch.context() as away:
        away.setattr(tasks, "send", _refuse)
        alice.post(**{"Idempotency-Key": "order-18"})
    assert alice.post(**KEY)["Idempotent-Replayed"] == "true"


def test_a_request_refused_by_the_worker_keeps_nothing(alice):
    assert alice.post(picture()[:200], **KEY).status_code == 422
    assert alice.post(**KEY).status_code == 200


def test_so_does_one_of_the_raw_apis(alice):
    assert (remove(alice, picture()[:200]), remove(alice)) == (400, 200)


def test_the_small_picture_of_a_test_key_is_no_answer_to_a_live_one(alice):
    _, plaintext = keys.create(alice.user, "trial", mode="test")
    alice.post(**KEY, Authorization=f"Bearer {plaintext}")
    assert alice.post(**KEY).status_code == 422


def test_a_request_refused_for_credits_can_be_repeated(bob):
    from billing import credits

    bob.post(**KEY)
    credits.grant(bob.user, 300, reason="top-up")
    assert bob.post(**KEY).status_code == 200


def test_a_crash_before_the_answer_loses_nothing(alice):
    body = alice.post(**KEY).json()
    IdempotentRequest.objects.update(status=None, body="")
    assert alice.post(**KEY).json()["job_id"] == body["job_id"]


def test_a_crash_before_the_work_frees_the_key_after_a_while(alice):
    alice.post(**KEY)
    past = timezone.now() - timedelta(seconds=1)
    IdempotentRequest.objects.update(status=None, work=None, held_until=past)
    again = alice.post(**KEY)
    assert (again.status_code, "Idempotent-Replayed" in again) == (200, False)


def test_work_that_takes_longer_than_the_hold_keeps_its_key(alice):
    body = alice.post(**KEY).json()
    past = timezone.now() - timedelta(seconds=1)
    IdempotentRequest.objects.update(status=None, body="", held_until=past)
    assert alice.post(**KEY).json()["job_id"] == body["job_id"]


def test_a_request_still_running_is_409(alice):
    alice.post(**KEY)
    IdempotentRequest.objects.update(status=None, work=None)
    response = alice.post(**KEY)
    assert (response.status_code, response["Retry-After"]) == (409, "2")


def test_a_key_is_free_when_its_first_request_is_refused_meanwhile(alice, monkeypatch):
    alice.post(**KEY)
    IdempotentRequest.objects.update(status=None, work=None)
    monkeypatch.setattr(idempotency, "_hold", _lost_meanwhile(idempotency._hold))
    response = alice.post(**KEY)
    assert (response.status_code, "Idempotent-Replayed" in response) == (200, False)


def test_a_key_that_is_lost_again_and_again_is_409(alice, monkeypatch):
    monkeypatch.setattr(idempotency, "_hold", lambda *_args: None)
    response = alice.post(**KEY)
    assert (response.status_code, response["Retry-After"]) == (409, "2")


@pytest.mark.in_process("takes the key away within the process")
def test_who_loses_the_key_while_it_is_being_placed_is_told_when_to_come_back(alice):
    def take_away(**_: object) -> None:
        IdempotentRequest.objects.all().delete()

    post_save.connect(take_away, sender=Job)
    try:
        response = alice.post(**KEY)
    finally:
        post_save.disconnect(take_away, sender=Job)
    assert (response.status_code, response["Retry-After"], alice.balance) == (409, "2", 10_000)


def test_a_request_that_the_queue_refused_can_be_repeated(alice, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(tasks, "send", _refuse)
        assert alice.post(**KEY).status_code == 503
    assert (alice.post(**KEY).json()["status"], alice.balance) == ("completed", 9_700)


@pytest.mark.in_process("winds the clock of the process")
def test_a_process_whose_clock_is_days_ahead_forgets_no_key(alice, monkeypatch):
    alice.post(**KEY)
    move_clock(monkeypatch, 3 * 86_400)
    reaper.sweep()
    assert alice.post(**KEY)["Idempotent-Replayed"] == "true"


def test_after_a_day_the_key_is_new(alice):
    alice.post(**KEY)
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    alice.post(**KEY)
    assert Job.objects.count() == 2


def test_a_replay_of_work_that_goes_on_says_when_to_look_again(alice):
    headers = KEY | {"Prefer": "respond-async"}
    assert [alice.post(**headers)["Retry-After"] for _ in range(2)] == ["1", "1"]


def test_a_batch_is_replayed_too(alice):
    first = alice.post_batch([picture()] * 2, **KEY)
    assert alice.post_batch([picture()] * 2, **KEY).content == first.content


def _lost_meanwhile(hold):
    """`hold`, and the end of the request that has the key, right after a look that found it."""

    def hold_and_lose(*args):
        row = hold(*args)
        if row is None:
            IdempotentRequest.objects.all().delete()
        return row

    return hold_and_lose


def _refuse(_job):
    raise redis.ConnectionError("away")


def test_parallel_requests_make_one_job_and_one_charge(alice):
    type(alice.user).objects.update(rate_factor=0)

    def send(_):
        try:
            return alice.post(**KEY).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        statuses = set(pool.map(send, range(40)))
    assert (statuses <= {200, 409}, Job.objects.count(), alice.balance) == (True, 1, 9_700)
