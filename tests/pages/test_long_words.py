"""Names and addresses without a place to break them leave every page as wide as the screen."""

import pytest
from playwright.sync_api import expect

from accounts.models import ApiKey
from services.models import Job
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from tests.browsing import NARROW, WIDE
from tests.pages.catalogue import MEMBER
from tests.pages.test_every_page import overhang

pytestmark = pytest.mark.browser
TABLET = {"width": 1024, "height": 768}
ADDRESS = f"https://hooks.shop.example/hooks/catch/{'0123456789' * 8}/?token={'abcdef' * 8}"


@pytest.fixture
def page(browse, world):
    Job.objects.update(input_filename="IMG_20260101_123456_from_the_left_side_.jpg")
    Job.objects.filter(state="completed").update(engine="mobilesam+grabcut", request_id="r" * 64)
    WebhookEndpoint.objects.update(url=ADDRESS, description="")
    WebhookDelivery.objects.update(last_status=None, last_error=f"{ADDRESS} leads nowhere")
    return browse(world.users[MEMBER])


@pytest.mark.parametrize("screen", [WIDE, TABLET, NARROW], ids=["wide", "tablet", "narrow"])
@pytest.mark.parametrize(
    "path",
    [
        "/account/jobs/",
        "/account/jobs/{job}/",
        "/account/keys/",
        "/account/billing/statement/",
        "/account/webhooks/",
        "/account/webhooks/{endpoint}/",
        "/account/webhooks/{endpoint}/roll/",
        "/account/webhooks/{endpoint}/delete/",
        "/account/webhooks/deliveries/",
        "/account/webhooks/deliveries/{delivery}/",
    ],
)
def test_a_page_with_long_words_is_no_wider_than_the_screen(page, world, path, screen):
    page.set_viewport_size(screen)
    page.goto(path.format(**world.ids))
    assert overhang(page) <= 0


@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    ("path", "button", "shown"),
    [
        ("/account/keys/{key}/roll/", "Make the new key", "Your new key"),
        ("/account/webhooks/{endpoint}/roll/", "Make the new secret", "Signing secret"),
    ],
)
def test_what_is_shown_once_under_a_long_name_is_no_wider_than_the_screen(
    page, world, path, button, shown, screen
):
    ApiKey.objects.update(name="A" * 80)
    WebhookEndpoint.objects.update(description="D" * 100)
    page.set_viewport_size(screen)
    page.goto(path.format(**world.ids))
    page.locator("main").get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name=shown)).to_be_visible()
    assert overhang(page) <= 0
