"""Windows' high contrast takes grounds and colours away: what they alone said is said in another way."""

import pytest
from playwright.sync_api import Page

from tests.pages.catalogue import MEMBER

pytestmark = pytest.mark.browser
_COLOUR_OF = "(element, [name, pseudo]) => getComputedStyle(element, pseudo)[name]"


@pytest.fixture
def page(browse, world) -> Page:
    return browse(world.users[MEMBER], forced_colors="active")


def style(page: Page, selector: str, name: str, pseudo: str | None = None) -> str:
    return str(page.locator(selector).first.evaluate(_COLOUR_OF, [name, pseudo]))


def test_the_chosen_theme_is_told_from_the_others(page):
    page.goto("/account/")
    ground = style(page, "body", "backgroundColor")
    assert style(page, ".themes [aria-pressed=true]", "backgroundColor") != ground


def test_only_the_tab_one_is_on_is_underlined(page):
    page.goto("/account/billing/")
    ground = style(page, "body", "backgroundColor")
    assert style(page, ".tabs a:not([aria-current])", "borderBottomColor") == ground


def test_the_tab_one_is_on_is_underlined(page):
    page.goto("/account/billing/")
    ground = style(page, "body", "backgroundColor")
    assert style(page, ".tabs a[aria-current]", "borderBottomColor") != ground


def test_a_legend_shows_the_colours_of_its_chart(page):
    page.goto("/account/")
    drawn = style(page, ".chart rect.series-0", "fill")
    assert style(page, ".chart-legend .series-0", "backgroundColor", "::before") == drawn


def test_a_notice_stands_apart_from_the_text(page):
    page.goto("/account/settings/")
    page.get_by_role("button", name="Save").click()
    assert style(page, ".notice", "borderTopStyle") == "solid"
