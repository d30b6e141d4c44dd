"""What people come for, from the first page to the result, in a real browser."""

import json
import re
import subprocess

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from playwright.sync_api import Page, expect

from accounts.models import ApiKey, User
from billing import credits
from billing.models import CreditPack, Plan
from tests.browsing import NARROW
from tests.pages.world import PASSWORD
from tests.pictures import picture
from tests.stripe_server.catalogue_of_the_demo import MONTHLY_PRICE, stock
from tests.stripe_server.fixture import stripe_server

__all__ = ["stripe_server"]
pytestmark = pytest.mark.browser
KEYS = "/account/keys/"


@pytest.fixture(autouse=True)
def _unlimited_sign_ins(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def mailed(settings) -> None:
    """A mail server that keeps what it is given, so that addresses have to be confirmed."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def sign_in(page: Page, email: str = "alice@example.com") -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign In").click()


def make_key(page: Page, name: str) -> None:
    page.goto(KEYS)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create key").click()


def tab_to(page: Page, selector: str) -> None:
    """Moves the focus by the keyboard alone, as far as it takes within reason."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab on {page.url}")


def test_from_signing_up_to_a_picture_by_the_line_shown(browse, worker, mailed, tmp_path):
    page = browse()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("carol@example.com")
    for field in ("password1", "password2"):
        page.locator(f"#id_{field}").fill(PASSWORD)
    page.get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()

    link = re.findall(r"https?://\S+/confirm-email/\S+", str(mail.outbox[0].body))[0]
    page.goto(link)
    page.get_by_role("button", name="Confirm").click()
    sign_in(page, "carol@example.com")
    credits.grant(User.objects.get(), 1_000, reason="welcome")
    make_key(page, "first")

    line = page.locator("#try-it").inner_text()
    (tmp_path / "photo.jpg").write_bytes(picture("JPEG"))
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, timeout=60)
    assert json.loads(done.stdout)["status"] == "completed", done.stdout


@pytest.fixture
def shop(complaints, stripe_server, live_server, settings):
    """The Stripe-speaking server, which tells this one what was paid."""
    settings.STRIPE_SECRET_KEY = stripe_server.key
    settings.STRIPE_API_BASE = stripe_server.url
    settings.STRIPE_WEBHOOK_SECRETS = [stripe_server.webhook_secret]
    stripe_server.webhook_url = f"{live_server.url}/billing/stripe/webhook"
    complaints.allow(stripe_server.url)
    complaints.forgives.append(stripe_server.url)  # that page is Stripe's
    return stripe_server


def test_buying_a_pack_raises_the_balance(browse, alice, shop):
    CreditPack.objects.create(name="Studio", credits=50_000, price_minor=3_900, currency="usd")
    page = browse(alice.user)
    page.goto("/account/billing/")
    page.get_by_role("button", name="Buy Studio").click()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    shop.wait()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("600 credits left")).to_be_visible()


def test_a_plan_is_bought_looked_at_with_its_papers_and_ended(browse, alice, shop):
    with shop.world.lock:
        stock(shop.world)
    Plan.objects.create(
        name="Monthly",
        kind=Plan.Kind.SUBSCRIPTION,
        stripe_price=MONTHLY_PRICE,
        included_credits=100_000,
        price_note="19.00 USD a month",
    )
    page = browse(alice.user)
    page.goto("/account/billing/")
    page.get_by_role("button", name="Subscribe to Monthly").click()
    expect(page.get_by_text("19.00 USD").first).to_be_visible()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    shop.wait()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("Your plan is Monthly, active; it renews on")).to_be_visible()
    expect(page.get_by_text("1\N{NARROW NO-BREAK SPACE}100 credits left")).to_be_visible()

    page.get_by_role("link", name="Invoice").click()
    expect(page.get_by_role("heading", name="Invoice")).to_be_visible()
    expect(page.get_by_role("row", name="Total")).to_contain_text("19.00 USD")

    page.goto("/account/billing/")
    page.get_by_role("button", name="Open the customer portal").click()
    page.get_by_role("button", name="Cancel subscription").click()
    shop.wait()
    page.get_by_role("link", name="Return").click()
    expect(page.get_by_text("Your plan is Monthly, active; it ends on")).to_be_visible()


def test_the_receipt_of_a_pack_is_one_click_away(browse, alice, shop):
    CreditPack.objects.create(name="Studio", credits=50_000, price_minor=3_900, currency="usd")
    page = browse(alice.user)
    page.goto("/account/billing/")
    page.get_by_role("button", name="Buy Studio").click()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    shop.wait()
    page.goto("/account/billing/")
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(page.get_by_text("39.00 USD")).to_be_visible()


def test_signing_in_and_making_a_key_by_keyboard_alone_on_a_phone(browse, alice):
    page = browse(viewport=NARROW)
    page.goto("/accounts/login/")
    tab_to(page, "#id_login")
    page.keyboard.type("alice@example.com")
    tab_to(page, "#id_password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/**")
    page.goto(KEYS)
    tab_to(page, "#id_name")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#new-key")).to_have_value(re.compile("^sk-live-"))


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(browse, alice):
    page = browse(alice.user, viewport=NARROW)
    page.goto(KEYS)
    tab_to(page, "summary:has(+ ul)")
    page.keyboard.press("Enter")
    expect(page.locator("details.menu").get_by_role("link", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("details.menu ul")).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_keys_settings_and_the_theme_work_without_javascript(browse, alice):
    page = browse(alice.user, java_script_enabled=False)
    make_key(page, "plain")
    expect(page.locator("#new-key")).to_have_value(re.compile("^sk-live-"))
    page.goto("/account/settings/")
    page.get_by_label("My pictures may be used").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("My pictures may be used")).to_be_checked()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_top_ups_and_statement_work_without_javascript(browse, alice, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_pages"
    CreditPack.objects.create(name="Studio", credits=50_000, price_minor=3_900, currency="usd")
    page = browse(alice.user, java_script_enabled=False)
    page.goto("/account/billing/")
    page.get_by_label("Top up automatically").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Automatic top-up is on, but")).to_be_visible()
    page.goto("/account/billing/statement/")
    page.get_by_label("Kind").select_option("usage")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("Nothing has moved yet that this filter shows")).to_be_visible()


def test_reloading_the_page_of_a_new_key_makes_no_other(browse, alice):
    page = browse(alice.user)
    make_key(page, "only one")
    expect(page.get_by_role("heading", name="Your new key")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    assert ApiKey.objects.filter(user=alice.user, name="only one").count() == 1


def test_the_theme_changes_without_a_reload_and_stays(browse, alice):
    page = browse(alice.user)
    page.goto(KEYS)
    page.evaluate("window.isSamePage = true")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("window.isSamePage && document.documentElement.dataset.theme") == "dark"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_second_factor_is_set_up_and_asked_for(browse, alice):
    page = browse(alice.user)
    page.goto("/accounts/2fa/totp/activate/")
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("#id_code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()

    other = browse()
    sign_in(other)
    expect(other.locator("#id_code")).to_be_visible()
    other.locator("#id_code").fill(code_of(secret))
    other.get_by_role("button", name="Sign In").click()
    other.wait_for_url("**/account/**")


def code_of(secret: str) -> str:
    *_, now, _later = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, now))


def test_other_sessions_can_be_signed_out(browse, alice):
    first, second = browse(), browse()
    for page in (first, second):
        sign_in(page)
        page.wait_for_url("**/account/**")
    first.goto("/accounts/sessions/")
    first.get_by_role("button", name="Sign out the others").click()
    expect(first.get_by_text("You are signed in here only.")).to_be_visible()
    second.goto(KEYS)
    assert "/accounts/login/" in second.url
