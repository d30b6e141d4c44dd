"""A queue that has grown too old refuses at the door, early, uncharged and with a time to come back."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import keys
from services import admission
from services.errors import Unavailable
from services.models import Job
from tests.conftest import BATCH, SERVICE
from tests.pictures import picture

pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture
def waits(alice):
    """Alice has one picture waiting, for so many seconds."""

    def waits(seconds: float) -> None:
        alice.post(query="?async=1", prefer="respond-async")
        Job.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))
        admission.forget()

    return waits


def test_with_a_short_queue_work_is_accepted(alice, waits):
    waits(5)
    assert alice.post(prefer="respond-async").status_code == 202


def test_an_account_whose_pictures_wait_too_long_is_refused(alice, waits):
    waits(16)
    assert alice.post(prefer="respond-async").status_code == 503


def test_a_refusal_says_when_to_try_again(alice, waits):
    waits(16)
    assert alice.post()["Retry-After"] == "16"


def test_nobody_is_told_to_wait_longer_than_a_minute(alice, waits):
    waits(4000)
    assert alice.post()["Retry-After"] == "60"


def test_a_refusal_is_not_charged(alice, waits):
    waits(16)
    before = alice.balance
    alice.post()
    assert alice.balance == before


def test_a_refusal_stores_no_upload(alice, waits, tmp_path):
    waits(16)
    before = sorted((tmp_path / "files").rglob("*"))
    alice.post()
    assert sorted((tmp_path / "files").rglob("*")) == before


def test_an_account_with_nothing_waiting_is_let_in(new_customer, waits):
    waits(16)
    newcomer = new_customer("carol@example.com", 1000)
    assert newcomer.post(prefer="respond-async").status_code == 202


def test_a_full_queue_refuses_everybody(new_customer, waits, settings):
    settings.MAX_QUEUE_DEPTH = 1
    waits(1)
    newcomer = new_customer("carol@example.com", 1000)
    assert newcomer.post(prefer="respond-async").status_code == 503


def test_batches_wait_in_a_queue_of_their_own(alice, waits):
    waits(300)
    assert alice.post_batch([picture()], prefer="respond-async").status_code == 202


def test_a_batch_queue_that_is_too_old_refuses_batches(alice):
    alice.post_batch([picture()], prefer="respond-async")
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=241))
    admission.forget()
    assert alice.api.post(BATCH, {}).status_code == 503


@pytest.mark.parametrize("path", ["/v2", "/v1.0/removebg", "/v1/segment", "/remove-background/v1"])
def test_every_dialect_refuses_in_its_own_shape(alice, waits, path):
    waits(16)
    assert alice.api.post(path, {}).status_code == 503


def test_lookups_go_on(alice, waits):
    waits(16)
    assert alice.api.get(f"/v1/jobs/{Job.objects.get().pk}").status_code == 200


def test_a_flood_of_requests_is_one_query(alice, django_assert_num_queries):
    admission.forget()
    with django_assert_num_queries(1):
        for _ in range(50):
            admission.check(alice.user.pk, in_batches=False)


def test_who_was_refused_a_moment_ago_is_refused_without_a_look_at_the_database(
    alice, waits, django_assert_num_queries
):
    waits(16)
    first = alice.post()
    with django_assert_num_queries(0):
        again = alice.post()
    assert (again.status_code, again.json()) == (503, first.json())


def test_a_second_refusal_says_when_to_try_again(alice, waits):
    waits(16)
    alice.post()
    assert alice.post()["Retry-After"] == "16"


def test_a_second_refusal_counts_against_the_limit_and_tells_it(alice, waits):
    waits(16)
    first, second = alice.post(), alice.post()
    left = [int(answer["RateLimit-Remaining"]) for answer in (first, second)]
    assert left[1] == left[0] - 1


def test_who_was_refused_is_let_in_as_soon_as_there_is_room(alice, waits):
    waits(16)
    alice.post()
    waits(5)
    assert alice.post(prefer="respond-async").status_code == 202


def test_a_refusal_is_remembered_of_no_other_key(alice, new_customer, waits):
    waits(16)
    alice.post()
    newcomer = new_customer("carol@example.com", 1000)
    assert newcomer.post(prefer="respond-async").status_code == 202


def test_a_key_that_ends_after_a_refusal_is_told_so_once_there_is_room(alice, waits):
    waits(16)
    alice.post()
    keys.revoke(alice.key)
    waits(5)
    assert alice.post().status_code == 401


@pytest.fixture
def seen_meanwhile(monkeypatch):
    """What another request goes by while one looks at the queue, which was seen so long ago."""

    def seen(before, seconds_ago: float):
        at = time.monotonic() - seconds_ago
        old = admission._Seen(before, at, serves_until=at + 0.5)
        monkeypatch.setattr(admission, "_seen", {False: old})
        look, others = admission._look, []

        def slow(in_batches):
            monkeypatch.setattr(admission, "_look", look)
            others.append(admission.current_load(in_batches=in_batches))
            return look(in_batches)

        monkeypatch.setattr(admission, "_look", slow)
        admission.current_load(in_batches=False)
        return others[0]

    return seen


def test_while_one_looks_at_the_queue_the_others_go_by_what_was_seen_before(waits, seen_meanwhile):
    waits(5)
    before = admission.current_load(in_batches=False)
    assert seen_meanwhile(before, 1) is before


def test_what_was_seen_before_a_quiet_hour_refuses_nobody(waits, seen_meanwhile):
    waits(5)
    before = admission.current_load(in_batches=False)
    Job.objects.update(state="failed")
    assert seen_meanwhile(before, 3600).depth == 0


def test_after_the_queue_has_drained_work_is_accepted(alice, waits):
    waits(16)
    with pytest.raises(Unavailable):
        admission.check(alice.user.pk, in_batches=False)
    Job.objects.update(state="failed")
    admission.forget()
    assert alice.api.post(SERVICE, {}).status_code == 422


def test_by_default_a_queue_is_short_enough_to_be_gone_in_15_seconds_at_half_load(settings):
    assert settings.MAX_QUEUE_AGE_S * 2 <= 15
