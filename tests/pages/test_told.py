"""What a page tells when it comes is heard, too: live regions are read out for what changes in them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import NARROW
from tests.pages.catalogue import MEMBER

pytestmark = pytest.mark.browser
#: Notes what is put into live regions after the page is parsed, which is what is read out.
_LISTEN = """
document.addEventListener("DOMContentLoaded", () => {
  window.heard = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const region = (target.nodeType === 1 ? target : target.parentElement)?.closest("[role=status]");
      if (region?.textContent.trim()) heard.push(region.textContent.trim());
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
});
"""
_SETTINGS = [
    "/account/settings/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
]


@pytest.fixture
def page(browse, world) -> Page:
    page = browse(world.users[MEMBER])
    page.add_init_script(_LISTEN)
    return page


def test_a_message_of_a_page_that_has_just_come_is_heard_once(page):
    page.goto("/account/webhooks/")
    page.get_by_label("Tell when fewer credits").fill("5")
    page.get_by_role("button", name="Set threshold").click()
    expect(page.locator("main [role=status]")).to_have_text("The threshold is set.")
    assert page.evaluate("heard") == ["The threshold is set."]


def test_a_page_that_tells_nothing_is_silent(page):
    page.goto("/account/webhooks/")
    page.wait_for_timeout(700)
    assert page.evaluate("heard") == []


@pytest.mark.parametrize("path", _SETTINGS)
def test_the_tabs_of_the_settings_stand_in_one_line_on_a_phone(browse, world, path):
    page = browse(world.users[MEMBER], viewport=NARROW)
    page.goto(path)
    tabs = page.get_by_label("Settings").get_by_role("link").all()
    places = [box["y"] for tab in tabs if (box := tab.bounding_box())]
    assert (len(places), len(set(places))) == (5, 1)
