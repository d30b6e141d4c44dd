"""A real browser before the live server. Whatever it complains of fails the test.

    def test_a_page(browse, alice):
        page = browse(alice.user)          # None: nobody is signed in
        page.goto("/account/keys/")
        assert page.get_by_role("heading", name="Keys").is_visible()

Give such a test the marker `browser`. Complaints are errors on the console, which a broken content
policy is too, exceptions of scripts, failed requests, and requests to any other host.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    sync_playwright,
)

from accounts.models import User
from tests.npm import installed

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
_AXE = ("axe-core@4.14.1",)
# What was right is left there: a list of all of it is up to a megabyte, and takes longer than the look.
_VIOLATIONS = "async options => (await axe.run(document, options)).violations"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_LOCAL_SCHEMES = {"data", "blob", "about"}
# After a change of theme the admin's links fade from one colour to the other.
_SETTLED = """
async () => {
  await new Promise(requestAnimationFrame);
  const fading = document.getAnimations().filter(each => each instanceof CSSTransition);
  await Promise.allSettled(fading.map(each => each.finished));
}
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for a module. Playwright leaves a running event loop in this thread, which Django would
    refuse to touch the database beside; it runs in a greenlet of its own, so nothing interleaves."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Complaints(list[str]):
    """What a browser did not like, as sentences; `forgives` are parts of those that a test expects."""

    def __init__(self, home: str) -> None:
        super().__init__()
        self.forgives: list[str] = []
        self._homes = {urlsplit(home).netloc}

    def allow(self, url: str) -> None:
        """Another server of the test's own that pages lead to."""
        self._homes.add(urlsplit(url).netloc)

    def watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.append(f"exception: {error}"))
        page.on("request", self._on_request)

    def unforgiven(self) -> list[str]:
        return [text for text in self if not any(part in text for part in self.forgives)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in _LOCAL_SCHEMES and url.netloc not in self._homes:
            self.append(f"request to another host: {request.url}")


@pytest.fixture
def complaints(live_server) -> Iterator[Complaints]:
    """Of every page of the test; whatever is not forgiven at its end fails it."""
    found = Complaints(live_server.url)
    yield found
    assert found.unforgiven() == []


@pytest.fixture
def browse(chromium, live_server, complaints) -> Iterator[Callable[..., Page]]:
    """Opens a browser of a user's own, or of nobody's; options are those of Playwright's contexts."""
    contexts = []

    def open_page(user: User | None = None, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, **({"viewport": WIDE, "color_scheme": "light"} | options)
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        if user:
            cookie = {"name": "sessionid", "value": session_of(user), "url": live_server.url}
            context.add_cookies([cookie])
        page = context.new_page()
        complaints.watch(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Looks for what keeps people out of a page: serious and critical findings, one a line."""
    script = (installed("axe", _AXE) / "axe-core" / "axe.min.js").read_text()

    def look(page: Page, *rules: str) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        page.evaluate(_SETTLED)
        options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        found = page.evaluate(_VIOLATIONS, options)
        bad = [each for each in found if each["impact"] in ("serious", "critical")]
        return [
            f"{each['id']} {node['target']}: {node['failureSummary']}"
            for each in bad
            for node in each["nodes"]
        ]

    return look


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend=_BACKEND)
    session = client.session
    # As after a real log-in, so that pages which want a fresh one do not ask again.
    fresh = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [fresh]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return str(client.cookies["sessionid"].value)
