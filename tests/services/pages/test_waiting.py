"""The page of a job that has not ended follows it, and takes nobody's place on the page away."""

import pytest
from playwright.sync_api import Page, expect

from services import jobs
from services.models import Job

pytestmark = pytest.mark.browser


@pytest.fixture
def job(no_worker, alice) -> Job:
    return Job.objects.get(pk=alice.post(Prefer="respond-async").json()["job_id"])


@pytest.fixture
def page(browse, alice, job) -> Page:
    page: Page = browse(alice.user)
    page.goto(f"/account/jobs/{job.pk}/")
    return page


def look_again(page: Page) -> None:
    """Until the page has looked once more, as it does by itself."""
    with page.expect_response(page.url) as answered:
        pass
    answered.value.finished()


def test_the_focus_stays_where_it_is_while_the_page_looks_again(page):
    copy = page.get_by_role("button", name="Copy job id")
    copy.focus()
    look_again(page)
    look_again(page)
    expect(copy).to_be_focused()


def test_that_a_worker_has_it_is_said_and_shown(page, job):
    Job.objects.filter(pk=job.pk).update(state=Job.State.PROCESSING)
    expect(page.locator("h1 .badge")).to_have_text("processing")
    expect(page.get_by_role("status").filter(has_text="A worker has it now")).to_be_visible()


def test_how_it_ended_is_shown_by_itself(page, job):
    jobs.fail(job, "The picture could not be read.", code="x")
    expect(page.get_by_text("nothing was charged")).to_be_visible()
