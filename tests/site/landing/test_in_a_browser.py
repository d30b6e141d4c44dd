"""The front page and the documents in Chromium: the slider, the drop zone, the copy buttons."""

import io

import pytest
from django.core.management import call_command

from maskr_site.landing import showcase
from tests.browsing import NARROW
from tests.pictures import picture

pytestmark = pytest.mark.browser
SPLIT = "getComputedStyle(document.querySelector('.after')).clipPath"


@pytest.fixture
def example(graphs, transactional_db):
    showcase.forget()
    call_command("showcase", stdout=io.StringIO())
    yield
    showcase.forget()


def test_the_slider_moves_by_keyboard(browse, example):
    page = browse()
    page.goto("/")
    page.get_by_label("Before and after").focus()
    page.keyboard.press("Home")
    assert page.evaluate(SPLIT) == "inset(0px 0px 0px 0%)"


def test_without_scripts_the_pictures_stand_side_by_side(browse, example):
    page = browse(java_script_enabled=False)
    page.goto("/")
    before, after = (page.get_by_alt_text(name) for name in ("as it was taken", "its subject on"))
    assert before.bounding_box()["x"] + 100 < after.bounding_box()["x"]
    assert page.get_by_role("button", name="Remove the background").is_visible()


def choose_a_picture(page) -> None:
    file = {"name": "p.png", "mimeType": "image/png", "buffer": picture()}
    page.set_input_files("#drop-file", files=[file])


def test_a_chosen_picture_opens_the_studio_with_its_result(browse, worker):
    page = browse()
    page.goto("/")
    choose_a_picture(page)
    page.get_by_role("link", name="Download").wait_for()
    assert page.get_by_label("Before and after").is_visible()
    assert page.get_by_text("Done in").is_visible()


def test_a_picture_that_was_handed_on_is_not_worked_on_again_by_a_reload(browse, worker):
    page = browse()
    page.goto("/")
    choose_a_picture(page)
    page.get_by_role("link", name="Download").wait_for()
    page.reload()
    page.get_by_text("Drop a picture here, or paste it").wait_for()
    assert page.url.endswith("/studio")


def test_where_the_browser_keeps_nothing_the_form_is_sent(browse, worker):
    page = browse()
    page.add_init_script("indexedDB.open = () => { throw new Error('refused'); }")
    page.goto("/")
    choose_a_picture(page)
    page.get_by_role("heading", name="The background is gone").wait_for()


def test_without_scripts_the_form_is_sent(browse, worker):
    page = browse(java_script_enabled=False)
    page.goto("/")
    choose_a_picture(page)
    page.get_by_role("button", name="Remove the background").click()
    page.get_by_role("heading", name="The background is gone").wait_for()


def test_a_picture_that_is_too_large_is_not_sent(browse, example, settings):
    settings.MAX_UPLOAD_BYTES = 10
    page = browse()
    page.goto("/")
    file = {"name": "p.png", "mimeType": "image/png", "buffer": picture()}
    page.set_input_files("#drop-file", files=[file])
    assert page.get_by_role("alert").inner_text().startswith("The picture is 1 MB; the limit is")


def test_code_is_copied(browse, transactional_db):
    page = browse(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/docs/quick-start")
    page.get_by_role("button", name="Copy the code").nth(1).click()
    page.get_by_text("Copied.").wait_for(state="attached")
    assert 'curl -f "http' in page.evaluate("navigator.clipboard.readText()")


def test_on_a_wide_screen_the_contents_are_open_without_scripts(browse, transactional_db):
    page = browse(java_script_enabled=False)
    page.goto("/docs/errors")
    assert page.get_by_role("link", name="Quick start").is_visible()


@pytest.mark.parametrize("runs_scripts", [True, False])
def test_on_a_phone_the_contents_start_closed(browse, transactional_db, runs_scripts):
    page = browse(viewport=NARROW, java_script_enabled=runs_scripts)
    page.goto("/docs/errors")
    assert not page.get_by_role("link", name="Quick start").is_visible()
    page.get_by_text("Contents", exact=True).click()
    assert page.get_by_role("link", name="Quick start").is_visible()
