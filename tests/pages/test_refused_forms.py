"""A form that was refused: whoever sent it is where the first thing to correct is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import NARROW
from tests.pages.catalogue import MEMBER

pytestmark = pytest.mark.browser
_IN_SIGHT = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const top = document.querySelector(".side").getBoundingClientRect().top;
  return box.top >= 0 && box.bottom <= top;
}"""


@pytest.fixture
def page(browse, world) -> Page:
    return browse(world.users[MEMBER], viewport=NARROW)


def make_key_for(page: Page, addresses: str) -> None:
    page.goto("/account/keys/")
    page.get_by_label("Name").fill("importer")
    page.get_by_text("Limits of this key").click()
    page.get_by_label("Allowed addresses").fill(addresses)
    page.get_by_role("button", name="Create key").click()


def test_the_field_to_correct_has_the_focus(page):
    make_key_for(page, "nowhere")
    expect(page.get_by_label("Allowed addresses")).to_be_focused()


def test_the_field_to_correct_is_in_sight_on_a_phone(page):
    make_key_for(page, "nowhere")
    expect(page.get_by_label("Allowed addresses")).to_be_focused()
    assert page.evaluate(_IN_SIGHT)


def test_what_is_wrong_with_no_field_of_its_own_has_the_focus(browse, transactional_db):
    page = browse()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("nobody@example.com")
    page.locator("#id_password").fill("a wrong phrase")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("are not correct")).to_be_visible()
    expect(page.locator(".errorlist")).to_be_focused()


def test_a_page_that_nothing_was_sent_to_leaves_the_focus_at_its_top(page):
    page.goto("/account/keys/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.activeElement === document.body")
