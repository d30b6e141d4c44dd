"""One job's page: what happened, what it cost, its pictures, and nothing of anybody else's."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import override_settings
from django.utils import timezone

from services import files, jobs
from services.models import Job
from services.pages import pictures, timings
from tests.conftest import EXTRACTION, REMOVAL
from tests.pictures import lying, opened, picture
from tests.services.pages.conftest import logged_in, past_job, read

pytestmark = pytest.mark.django_db(transaction=True)


def address(job: Job, rest: str = "") -> str:
    return f"/account/jobs/{job.pk}/{rest}"


@pytest.fixture
def job(worker, alice) -> Job:
    return Job.objects.get(pk=alice.post().json()["job_id"])


@pytest.fixture
def waiting_job(no_worker, alice) -> Job:
    return Job.objects.get(pk=UUID(alice.post(Prefer="respond-async").json()["job_id"]))


def bytes_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def purge(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(purge_at=timezone.now() - timedelta(hours=1))
    files.purge_expired()


def test_it_tells_what_a_job_cost_and_what_served_it(page, job):
    html = read(page, address(job))
    assert "3 credits" in html and job.engine in html and str(job.pk) in html


def test_one_credit_is_told_as_one(page, job):
    Job.objects.filter(pk=job.pk).update(charged=100)
    assert "1 credit, done in" in read(page, address(job))


def test_it_has_the_request_id_to_copy(page, job):
    assert f'<code id="request-id">{job.request_id}</code>' in read(page, address(job))


def test_it_tells_the_options(page, alice, worker):
    query = "?box=[10,5,60,50]&feather=3"
    answer = alice.send(EXTRACTION, {"image": picture()}, query).json()
    html = read(page, f"/account/jobs/{answer['job_id']}/")
    assert "box from (10, 5) to (60, 50)" in html and "<dt>Feather</dt><dd>3</dd>" in html


def test_it_shows_where_the_time_went(page, job):
    assert all(word in read(page, address(job)) for word in ("decoding", "network", "encoding"))


def test_a_failed_job_says_why_and_that_it_was_free(page, waiting_job):
    jobs.fail(waiting_job, "The picture could not be read.", code="x")
    html = read(page, address(waiting_job))
    assert "The picture could not be read." in html and "nothing was charged" in html


def test_an_unfinished_job_is_looked_at_again_where_no_scripts_run(page, waiting_job):
    html = read(page, address(waiting_job))
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in html


def test_an_ended_job_is_not_looked_at_again(page, job):
    assert "refresh" not in read(page, address(job))


def test_a_batch_is_linked(page, alice, worker):
    answer = alice.post_batch([picture()]).json()
    html = read(page, f"/account/jobs/{answer['results'][0]['job_id']}/")
    assert f"/account/jobs/?batch={answer['batch_id']}" in html


def test_an_operation_of_another_version_does_not_break_the_page(page, alice):
    assert "Facts" in read(page, address(past_job(alice, operation={"service": "origami"})))


@pytest.mark.parametrize("rest", ["", "again/", "result/full", "result/small", "input/full"])
def test_the_job_of_somebody_else_does_not_exist(bob, job, rest):
    assert logged_in(bob).get(address(job, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["", "again/", "result/full", "result/small", "input/full"])
def test_a_stranger_is_asked_to_log_in(client, job, rest):
    assert client.get(address(job, rest)).url.startswith("/accounts/login/")


def test_a_job_that_never_was_does_not_exist(page):
    assert page.get(f"/account/jobs/{uuid4()}/").status_code == 404


@pytest.mark.parametrize("rest", ["", "result/full", "result/small"])
def test_nothing_is_changed_by_other_methods(page, job, rest):
    assert page.post(address(job, rest)).status_code == 405


def test_the_result_is_downloaded_as_it_is(page, job):
    with default_storage.open(job.result_name) as file:
        assert bytes_of(page.get(address(job, "result/full"))) == file.read()


def test_the_input_is_shown_as_it_came(page, job):
    answer = page.get(address(job, "input/full"))
    assert (bytes_of(answer), answer["Content-Type"]) == (picture(), "image/png")


def test_an_input_that_is_purged_while_it_is_sent_is_sent(page, job, monkeypatch):
    def purged(_head):
        default_storage.delete(job.input_name)
        return "PNG"

    monkeypatch.setattr(pictures, "sniff", purged)
    assert bytes_of(page.get(address(job, "input/full"))) == picture()


def test_nothing_can_run_within_a_picture(page, job):
    for rest in ("input/full", "input/small", "result/full"):
        answer = page.get(address(job, rest))
        assert bytes_of(answer)
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("size", "side"), [("small", 160), ("medium", 960)])
def test_a_small_picture_is_a_webp_that_fits(page, alice, worker, size, side):
    answer = alice.post(picture("JPEG", 1200, 600)).json()
    small = opened(page.get(f"/account/jobs/{answer['job_id']}/input/{size}").content)
    assert (small.format, small.size) == ("WEBP", (side, side // 2))


@pytest.mark.parametrize("which", ["input", "result"])
def test_a_small_picture_goes_with_the_one_it_was_made_of(page, job, which):
    small = page.get(address(job, f"{which}/small")).content
    key = f"reduced:{job.pk}:{which}:small"
    kept = cache.get(key)
    purge(job)
    assert (kept, cache.get(key)) == (small, None)


def test_a_small_picture_is_shown_while_redis_is_away(page, job):
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    away["LOCATION"] = "redis://127.0.0.1:1/0"
    with override_settings(CACHES={"default": away}):
        answer = page.get(address(job, "input/small"))
    assert opened(answer.content).format == "WEBP"


def test_a_small_picture_stands_upright(page, alice, worker):
    answer = alice.post(lying(400, 200)).json()
    small = opened(page.get(f"/account/jobs/{answer['job_id']}/input/small").content)
    assert small.size == (80, 160)


def test_transparency_is_kept_in_a_small_picture(page, alice, worker):
    files_ = {"image": picture(), "mask": picture()}
    answer = alice.send(EXTRACTION, files_).json()
    small = opened(page.get(f"/account/jobs/{answer['job_id']}/result/small").content)
    assert small.mode == "RGBA" and small.getchannel("A").getpixel((0, 0)) == 0


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "zip"])
def test_every_kind_of_result_has_a_small_picture(page, alice, worker, kind):
    body = {"image_file": picture()}
    alice.send("/v1.0/removebg", body, f"?format={kind}&size=full")
    made = Job.objects.get()
    assert made.result_extension == kind
    assert opened(page.get(address(made, "result/small")).content).format == "WEBP"


def test_the_mask_that_was_sent_is_shown(page, alice, worker):
    alice.send(REMOVAL, {"image": picture(), "mask": picture()})
    made = Job.objects.get()
    assert "Mask or background" in read(page, address(made))
    assert page.get(address(made, "companion/small")).status_code == 200


def test_a_small_picture_is_kept_by_the_browser_alone(page, job):
    assert page.get(address(job, "result/small"))["Cache-Control"].startswith("private, max-age")


@pytest.mark.parametrize("rest", ["result/full", "result/small", "input/full", "input/medium"])
def test_a_deleted_picture_does_not_exist(page, job, rest):
    bytes_of(page.get(address(job, rest)))
    purge(job)
    assert page.get(address(job, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["result/full", "result/small", "input/full", "input/medium"])
def test_a_lost_file_does_not_exist(page, job, rest):
    for name in job.file_names:
        default_storage.delete(name)
    assert page.get(address(job, rest)).status_code == 404


def test_the_page_says_that_the_files_are_gone(page, job):
    purge(job)
    html = read(page, address(job))
    assert "Input and result were deleted" in html and "Download result" not in html


@pytest.mark.parametrize("rest", ["output/full", "result/huge", "companion/full"])
def test_an_unknown_picture_does_not_exist(page, job, rest):
    assert page.get(address(job, rest)).status_code == 404


def test_a_damaged_input_has_no_small_picture(page, job):
    default_storage.delete(job.input_name)
    with default_storage.open(job.input_name, "wb") as file:
        file.write(b"no picture at all")
    assert page.get(address(job, "input/small")).status_code == 404


def test_the_parts_of_the_bar_fill_it():
    parts = timings.of(Job(timings={"queue": 10, "network": 30}, processing_time_ms=90))
    assert [part.stage for part in parts] == ["queue", "network", "files and bookkeeping"]
    assert (parts[0].x, sum(part.width for part in parts)) == (0, 1000)


def test_the_parts_of_the_bar_are_in_the_order_in_which_they_happened():
    parts = timings.of(Job(timings={"encode": 1, "network": 30, "queue": 10, "decode": 2}))
    assert [part.stage for part in parts] == ["queue", "decode", "network", "encode"]


def test_nothing_inline_is_needed(page, job):
    html = read(page, address(job))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
