"""Filters, a job in detail and requesting it again, by hand in a real browser, also without scripts."""

import pytest
from playwright.sync_api import expect

from services.models import Job
from tests.browsing import NARROW
from tests.pictures import picture
from tests.services.pages.conftest import past_job

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("worker", "books")]


def test_a_job_is_found_looked_at_and_requested_again(browse, alice):
    past_job(alice, state="failed", service="object-removal")
    alice.post(picture(width=400, height=300))
    page = browse(alice.user)
    page.goto("/account/jobs/")
    page.get_by_label("State").select_option("completed")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Background removal").click()
    expect(page.get_by_role("link", name="Download result")).to_be_visible()
    page.get_by_role("link", name="Request again").click()
    page.get_by_role("button", name="Request again for 3 credits").click()
    expect(page.locator("h1 .badge")).to_have_text("completed")
    assert (Job.objects.filter(state="completed").count(), alice.balance) == (2, 9_400)


def test_a_picture_opens_in_full_and_shows_its_pixels(browse, alice):
    job = alice.post().json()["job_id"]
    page = browse(alice.user)
    page.goto(f"/account/jobs/{job}/")
    page.get_by_role("link", name="Result: open in full size").click()
    zoomed = page.get_by_role("dialog").locator("img")
    expect(zoomed).to_have_js_property("width", 96)
    page.keyboard.press("+")
    expect(zoomed).to_have_js_property("width", 192)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_narrow_page_without_scripts_does_all_of_it(browse, alice):
    job = alice.post().json()["job_id"]
    page = browse(alice.user, viewport=NARROW, java_script_enabled=False)
    page.goto(f"/account/jobs/?search={job}")
    page.get_by_role("link", name="Background removal").click()
    page.get_by_role("link", name="Request again").click()
    page.get_by_role("button", name="Request again for 3 credits").click()
    expect(page.locator("h1 .badge")).to_have_text("completed")
    assert Job.objects.count() == 2
