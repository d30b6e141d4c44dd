"""Every page in a browser, light and dark: no complaint, nothing that keeps people out."""

import re

import pytest
from playwright.sync_api import Page, expect

from maskr_site.landing import views as landing
from tests.browsing import NARROW, WIDE
from tests.pages.catalogue import PAGES, STRANGER, Shown

pytestmark = pytest.mark.browser
#: Resolves when every picture is there, also those that would be fetched once they are scrolled to.
PICTURES_SHOWN = """() => Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.decode().catch(() => undefined);
}))"""


@pytest.fixture
def opened(browse, request, complaints):
    """The page as its visitor has it; strangers need no world, which takes its time to build."""

    def visit(shown: Shown) -> Page:
        world = None if shown.visitor == STRANGER else request.getfixturevalue("world")
        if shown.status >= 400:
            complaints.forgives.append(f"the server responded with a status of {shown.status}")
        page: Page = browse(world.users[shown.visitor] if world else None)
        response = page.goto(shown.path.format(**world.ids) if world else shown.path)
        assert response and (response.status, page.url) == (shown.status, response.url)
        assert not response.request.redirected_from, "another page was shown"
        return page

    return visit


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_a_page_is_sound_in_both_themes_and_on_a_phone(shown, opened, axe, screenshots):
    page = opened(shown)
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page, "color-contrast") == []
    page.set_viewport_size(NARROW)
    assert overhang(page) <= 0
    if screenshots:
        photograph(page, screenshots / re.sub(r"\W+", "-", str(shown)).strip("-"))


def test_the_reference_can_be_tried(browse, axe, screenshots):
    page = browse()
    page.goto("/docs/api")
    page.locator("[id$=-v1_remove_create]").wait_for()
    assert axe(page) == []
    page.locator("[id$=-v1_services_background_removal_create]").click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    page.set_viewport_size(NARROW)
    assert overhang(page) <= 0
    if screenshots:
        photograph(page, screenshots / "stranger-docs-api")


def overhang(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def photograph(page: Page, path) -> None:
    page.evaluate(PICTURES_SHOWN)
    for width, size in (("1280", WIDE), ("360", NARROW)):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(
                path=f"{path}-{width}-{theme}.png", full_page=True, animations="disabled"
            )


def test_the_page_of_what_went_wrong_is_sound(browse, complaints, axe, screenshots, monkeypatch):
    monkeypatch.setattr(landing, "_page", broken)
    complaints.forgives.append("the server responded with a status of 500")
    page = browse()
    page.goto("/")
    assert axe(page) == []
    page.set_viewport_size(NARROW)
    assert overhang(page) <= 0
    expect(page.get_by_role("heading")).to_have_text("Something went wrong on our side")
    if screenshots:
        photograph(page, screenshots / "stranger-broken")


def broken(_request: object) -> None:
    raise RuntimeError("It broke, as the test wants.")
