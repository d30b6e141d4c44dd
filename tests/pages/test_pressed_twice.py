"""A button that is pressed again before the answer is there: what was made by the first press is shown."""

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from accounts import keys
from accounts.models import ApiKey

pytestmark = pytest.mark.browser
KEYS = "/account/keys/"
SHOWN = re.compile("^sk-live-")


@pytest.fixture
def page(browse, alice) -> Page:
    return browse(alice.user)


def press_twice(page: Page, name: str) -> None:
    """The second time while the answer to the first is on its way."""
    answers: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if answers or route.request.method != "POST":
            route.continue_()
        else:
            answers.append((route, route.fetch()))

    page.route("**/account/**", hold)
    button = page.get_by_role("button", name=name)
    button.scroll_into_view_if_needed()
    frame = button.bounding_box()
    assert frame
    # By the mouse itself: a locator waits for the page that the first press leads to.
    place = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.click(*place)
    while not answers:
        page.wait_for_timeout(20)
    page.mouse.click(*place)
    [(route, answer)] = answers
    route.fulfill(response=answer)


def test_a_new_key_is_shown(page):
    page.goto(KEYS)
    page.get_by_label("Name").fill("importer")
    press_twice(page, "Create key")
    expect(page.locator("#new-key")).to_have_value(SHOWN)


def test_the_key_that_a_rolled_one_is_replaced_by_is_shown(page, alice):
    key, _ = keys.create(alice.user, "importer")
    page.goto(f"{KEYS}{key.pk}/roll/")
    press_twice(page, "Make the new key")
    expect(page.locator("#new-key")).to_have_value(SHOWN)
    assert ApiKey.objects.filter(user=alice.user, name="importer").count() == 2


def test_the_secret_of_a_new_endpoint_is_shown(page):
    page.goto("/account/webhooks/")
    page.get_by_label("URL").fill("https://shop.example/hooks")
    press_twice(page, "Add endpoint")
    expect(page.locator("#new-secret")).to_have_value(re.compile("^whsec_"))


def test_whoever_comes_back_can_send_the_form_again(page):
    page.goto(KEYS)
    for name in ("first", "second"):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Create key").click()
        expect(page.locator("#new-key")).to_have_value(SHOWN)
        page.goto(KEYS)
    expect(page.get_by_role("rowheader", name="second")).to_be_visible()


def test_a_copy_of_everything_can_be_had_twice(page):
    page.goto("/account/settings/")
    for _ in range(2):
        with page.expect_download():
            page.get_by_role("button", name="Download").click()
