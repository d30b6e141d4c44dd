"""At 200 % a laptop's screen holds half as much: nothing is cut off, and the focus is always in sight."""

import pytest
from playwright.sync_api import Page

from tests.browsing import WIDE
from tests.pages.catalogue import MEMBER
from tests.pages.test_every_page import overhang

pytestmark = pytest.mark.browser
ZOOMED = {"width": WIDE["width"] // 2, "height": WIDE["height"] // 2}
PAGES = ["/account/", "/account/keys/", "/account/keys/{key}/roll/", "/studio", "/accounts/2fa/"]
_MOST_STOPS = 150
#: What is focused, where nothing of it is to be seen: beyond the window, or wholly behind a bar.
_HIDDEN = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const box = focused.getBoundingClientRect();
  const isBeyond = box.bottom <= 0 || box.top >= innerHeight;
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const bar = document.elementFromPoint(x, y)?.closest(".side, .impersonation");
  const over = bar && !bar.contains(focused) ? bar.getBoundingClientRect() : new DOMRect();
  const isBehind = box.top >= over.top && box.bottom <= over.bottom
    && box.left >= over.left && box.right <= over.right;
  return isBeyond || isBehind ? focused.outerHTML.slice(0, 200) : "";
}"""


@pytest.fixture
def page(browse, world) -> Page:
    return browse(world.users[MEMBER], viewport=ZOOMED)


def hidden_stops(page: Page, key: str) -> list[str]:
    """Where a key leads without anything to be seen of it, once through the page."""
    stops = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press(key)
        stops.append(page.evaluate(_HIDDEN))
        if stops[-1] is None:
            return [stop for stop in stops if stop]
    raise AssertionError(f"{key} leads nowhere out of {page.url}")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_at_200_percent_is_no_wider_than_the_screen(page, world, path):
    page.goto(path.format(**world.ids))
    assert overhang(page) <= 0


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("path", PAGES)
def test_whoever_tabs_through_a_page_at_200_percent_sees_where_they_are(page, world, path, key):
    page.goto(path.format(**world.ids))
    assert hidden_stops(page, key) == []
