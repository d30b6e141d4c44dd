"""The statement on a phone: who asks for entries sees them, and not the months above them again."""

import pytest
from playwright.sync_api import Page

from billing import credits
from tests.browsing import NARROW

pytestmark = pytest.mark.browser
_TOP = "document.getElementById('entries-title').getBoundingClientRect().top"


@pytest.fixture
def page(browse, alice) -> Page:
    for number in range(60):
        credits.grant(alice.user, 100, reason=f"gift {number}")
    page: Page = browse(alice.user, viewport=NARROW)
    page.goto("/account/billing/statement/")
    return page


def is_at_the_entries(page: Page) -> bool:
    return abs(float(page.evaluate(_TOP))) < 40


def test_older_entries_are_in_sight(page):
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**page=2**")
    assert is_at_the_entries(page)


def test_the_entries_of_a_month_are_in_sight(page):
    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.wait_for_url("**month=**")
    assert is_at_the_entries(page)


def test_filtered_entries_are_in_sight(page):
    page.get_by_label("Kind").select_option("grant")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**kind=grant**")
    assert is_at_the_entries(page)
