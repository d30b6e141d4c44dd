"""Requesting a job again: confirmed with its cost, charged once, refused when it cannot be done."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import keys
from billing import credits
from billing.models import ServicePrice
from services import files, repeating, waiting
from services.models import Job
from services.operations import RenderCutOut
from tests.conftest import REMOVAL
from tests.pictures import picture
from tests.racing import at_once
from tests.services.pages.conftest import logged_in, read

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]


@pytest.fixture
def job(worker, alice) -> Job:
    return Job.objects.get(pk=alice.post().json()["job_id"])


def confirmed(page, job: Job) -> dict[str, str]:
    """The fields of the form that asks."""
    html = read(page, f"/account/jobs/{job.pk}/again/")
    return {
        name: re.findall(rf'name="{name}" value="([^"]+)"', html)[0] for name in ("agreed", "nonce")
    }


def send(page, job: Job, form: dict[str, str], **more):
    return page.post(f"/account/jobs/{job.pk}/again/", form, **more)


def others(job: Job) -> list[Job]:
    return list(Job.objects.exclude(pk=job.pk))


def test_the_page_tells_the_cost(page, job):
    assert "It costs 3 credits" in read(page, f"/account/jobs/{job.pk}/again/")


def test_asking_makes_no_job(page, job):
    confirmed(page, job)
    assert others(job) == []


def test_the_same_work_is_done_and_charged_again(page, alice, job):
    send(page, job, confirmed(page, job))
    (new,) = others(job)
    assert (new.state, new.result_sha256) == ("completed", job.result_sha256)
    assert (new.charged, alice.balance) == (300, 9_400)


def test_it_leads_to_the_new_job(page, job):
    answer = send(page, job, confirmed(page, job))
    assert answer.url == f"/account/jobs/{others(job)[0].pk}/"


def test_a_form_that_is_sent_twice_counts_once(page, alice, job):
    form = confirmed(page, job)
    assert send(page, job, form).url == send(page, job, form).url
    assert (len(others(job)), alice.balance) == (1, 9_400)


def test_with_no_thread_left_to_wait_with_it_is_placed_all_the_same(
    page, alice, job, settings, monkeypatch
):
    form = confirmed(page, job)
    settings.WEB_THREADS = 8
    others_wait = {-number: waiting._Place(alice.user.pk, 0.0) for number in range(1, 7)}
    monkeypatch.setattr(waiting, "_places", others_wait)
    monkeypatch.setattr(waiting, "wait", None)
    assert send(page, job, form).url == f"/account/jobs/{others(job)[0].pk}/"


def test_a_form_that_is_sent_many_times_at_once_counts_once(alice, job):
    form = confirmed(logged_in(alice), job)
    pages = [logged_in(alice) for _ in range(4)]
    answers = at_once(lambda page: send(page, job, form).url, pages)
    assert (len(set(answers)), len(others(job)), alice.balance) == (1, 1, 9_400)


def test_a_job_of_before_can_be_requested_any_number_of_times(page, job):
    for _ in range(2):
        send(page, job, confirmed(page, job))
    assert len(others(job)) == 2


def test_a_changed_price_is_asked_about_again(page, alice, job):
    form = confirmed(page, job)
    ServicePrice.objects.filter(service="background-removal").update(hundredths=500)
    answer = send(page, job, form, follow=True)
    assert b"The price has changed" in answer.content
    assert (others(job), alice.balance) == ([], 9_700)


def test_without_credits_nothing_is_done(page, alice, job):
    form = confirmed(page, job)
    credits.grant(alice.user, -9_600, reason="tests", kind=credits.Kind.ADJUST)
    answer = send(page, job, form, follow=True)
    assert b"Insufficient credits" in answer.content
    assert (others(job), alice.balance) == ([], 100)


def test_a_refusal_leaves_no_upload_behind(page, alice, job, tmp_path):
    form = confirmed(page, job)
    credits.grant(alice.user, -9_700, reason="tests", kind=credits.Kind.ADJUST)
    before = sorted((tmp_path / "files").rglob("*"))
    send(page, job, form)
    assert sorted((tmp_path / "files").rglob("*")) == before


def test_a_deleted_upload_cannot_be_used_again(page, alice, job):
    form = confirmed(page, job)
    Job.objects.update(purge_at=timezone.now() - timedelta(hours=1))
    files.purge_expired()
    assert b"cannot be requested again" in send(page, job, form, follow=True).content
    assert (others(job), alice.balance) == ([], 9_700)


def test_a_lost_upload_cannot_be_used_again(page, alice, job):
    form = confirmed(page, job)
    default_storage.delete(job.input_name)
    assert b"no longer there" in send(page, job, form, follow=True).content
    assert alice.balance == 9_700


def test_a_job_without_its_upload_is_not_offered(page, job):
    Job.objects.update(purge_at=timezone.now() - timedelta(hours=1))
    files.purge_expired()
    assert "Request again" not in read(page, f"/account/jobs/{job.pk}/")
    assert (
        "<form"
        not in read(page, f"/account/jobs/{job.pk}/again/").split("<main")[1].split("</main")[0]
    )


@pytest.mark.parametrize("form", [{}, {"agreed": "x", "nonce": "y"}, {"agreed": "300"}])
def test_a_form_that_was_not_shown_does_nothing(page, job, form):
    assert send(page, job, form).status_code == 200
    assert others(job) == []


def test_the_job_of_somebody_else_cannot_be_requested(bob, job):
    form = {"agreed": "300", "nonce": str(uuid4())}
    assert send(logged_in(bob), job, form).status_code == 404


def test_a_mask_is_sent_again_too(page, alice, worker):
    alice.send(REMOVAL, {"image": picture(), "mask": picture()})
    job = Job.objects.get()
    send(page, job, confirmed(page, job))
    assert others(job)[0].result_sha256 == job.result_sha256


def test_the_price_of_another_api_stays(page, alice, worker):
    alice.send("/v1.0/removebg", {"image_file": picture()}, "?size=full")
    job = Job.objects.get()
    assert confirmed(page, job)["agreed"] == "100"
    send(page, job, confirmed(page, job))
    assert others(job)[0].charged == 100


def test_a_background_picture_is_not_taken_for_a_mask(page, alice, worker):
    body = {"image_file": picture(), "bg_image_file": picture(width=40, height=40)}
    alice.send("/v1.0/removebg", body, "?size=full")
    job = Job.objects.get()
    assert job.operation["service"] == "rendering" and RenderCutOut.service == job.service
    send(page, job, confirmed(page, job))
    assert others(job)[0].result_sha256 == job.result_sha256


def test_a_test_stays_free_while_its_key_works(new_customer, worker):
    tester = new_customer("tester@example.com", 1_000, "test")
    job = Job.objects.get(pk=UUID(tester.post().json()["job_id"]))
    page = logged_in(tester)
    send(page, job, confirmed(page, job))
    assert (others(job)[0].charged, tester.balance) == (0, 1_000)


def test_a_test_whose_key_has_ended_is_not_charged_in_full(new_customer, worker):
    tester = new_customer("tester@example.com", 1_000, "test")
    job = Job.objects.get(pk=UUID(tester.post().json()["job_id"]))
    keys.revoke(tester.key)
    assert "its key has ended" in read(logged_in(tester), f"/account/jobs/{job.pk}/again/")


def test_too_many_in_a_minute_are_refused(page, alice, job):
    form = confirmed(page, job)
    for _ in range(repeating.PER_MINUTE):
        send(page, job, {**form, "agreed": "1", "nonce": str(uuid4())})
    assert b"Too many requests" in send(page, job, form, follow=True).content
    assert others(job) == []
