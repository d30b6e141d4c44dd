"""The second factor from beginning to end, by keyboard alone and at 200 %."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.pages.test_flows import code_of, tab_to
from tests.pages.test_zoomed import ZOOMED
from tests.pages.world import PASSWORD

pytestmark = pytest.mark.browser
FACTORS = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def _each_code_counts_anew(settings):
    """The walk needs several within half a minute."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def press(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def give_code(page: Page, code: str) -> None:
    tab_to(page, "#id_code")
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def at_the_second_step(browse) -> Page:
    page = browse(viewport=ZOOMED)
    page.goto("/accounts/login/")
    tab_to(page, "#id_login")
    page.keyboard.type("alice@example.com")
    tab_to(page, "#id_password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#id_code")).to_be_visible()
    return page


@pytest.fixture
def guarded(browse, alice) -> tuple[Page, str, list[str]]:
    """Alice's browser, the secret of her app, and her recovery codes as the page shows them."""
    page = browse(alice.user, viewport=ZOOMED)
    page.goto(FACTORS)
    press(page, "a[href$='/totp/activate/']")
    secret = page.locator("#authenticator_secret").input_value()
    give_code(page, code_of(secret))
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    return page, secret, page.locator("#recovery_codes").input_value().split()


def test_a_recovery_code_as_shown_leads_in_once(browse, guarded):
    _page, _secret, codes = guarded
    first = at_the_second_step(browse)
    give_code(first, codes[0])
    first.wait_for_url("**/account/**")
    second = at_the_second_step(browse)
    give_code(second, codes[0])
    expect(second.get_by_text("Incorrect code")).to_be_visible()


def test_a_used_recovery_code_is_shown_no_more(browse, guarded):
    page, _secret, codes = guarded
    other = at_the_second_step(browse)
    give_code(other, codes[0])
    other.wait_for_url("**/account/**")
    page.goto(f"{FACTORS}recovery-codes/")
    assert page.locator("#recovery_codes").input_value().split() == codes[1:]


def test_new_recovery_codes_end_the_old_ones(browse, guarded):
    page, _secret, codes = guarded
    page.goto(f"{FACTORS}recovery-codes/generate/")
    press(page, "main button")
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    new = page.locator("#recovery_codes").input_value().split()
    other = at_the_second_step(browse)
    give_code(other, codes[0])
    expect(other.get_by_text("Incorrect code")).to_be_visible()
    give_code(other, new[0])
    other.wait_for_url("**/account/**")


def test_switched_off_it_is_asked_for_no_more(browse, guarded, alice):
    page, _secret, _codes = guarded
    page.goto(FACTORS)
    press(page, "a[href$='/totp/deactivate/']")
    page.wait_for_url("**/deactivate/")
    press(page, "main form button")
    page.wait_for_url(f"**{FACTORS}")
    assert not Authenticator.objects.filter(user=alice.user).exists()


def test_who_signed_in_a_while_ago_confirms_that_it_is_switched_off(browse, guarded):
    _page, secret, _codes = guarded
    page = at_the_second_step(browse)
    give_code(page, code_of(secret))
    page.wait_for_url("**/account/**")
    page.goto(f"{FACTORS}totp/deactivate/")
    press(page, "main form button")
    expect(page.get_by_role("heading", name="Confirm")).to_be_visible()


def test_the_secret_is_copied_by_the_keyboard_where_no_camera_is(browse, alice):
    page = browse(alice.user, viewport=ZOOMED)
    page.goto(f"{FACTORS}totp/activate/")
    secret = page.locator("#authenticator_secret").input_value()
    tab_to(page, "#authenticator_secret")
    page.keyboard.press("Control+a")
    assert page.evaluate("getSelection().toString()") == secret
