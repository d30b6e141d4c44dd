"""What every page links to: the main navigation, the footer, and the theme the visitor chose.

A new page takes one line here. The first four entries stand in the bottom bar of narrow screens,
the others under "More" beside them.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

THEME_COOKIE = "theme"
#: What a visitor may choose, and the icon of each; without a choice the system's setting counts.
THEMES = {"light": "sun", "dark": "moon", "system": "computer-desktop"}


@dataclass(frozen=True)
class Entry:
    """A link: its words, the name of its address, and its icon of heroicons.com."""

    label: str
    route: str
    icon: str = ""
    is_for_staff: bool = False
    #: Beginnings of addresses that belong to it as well.
    covers: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return reverse(self.route)

    def is_current(self, path: str) -> bool:
        return path.startswith((self.url, *self.covers))


MAIN = (
    Entry("Overview", "pages:overview", "chart-bar"),
    Entry("Jobs", "pages:jobs", "rectangle-stack"),
    Entry("Studio", "studio", "photo"),
    Entry("Keys", "accounts:keys", "key"),
    Entry("Billing", "billing:overview", "credit-card"),
    Entry("Webhooks", "webhooks:overview", "bell-alert"),
    Entry("Docs", "docs", "book-open"),
    Entry("Settings", "accounts:settings", "cog-6-tooth", covers=("/accounts/",)),
    Entry("Admin", "admin:index", "wrench-screwdriver", is_for_staff=True),
)
FOOTER = (Entry("Docs", "docs"), Entry("API", "api-docs"), Entry("Status", "status"))


@dataclass(frozen=True)
class Link:
    """An entry as it stands on this page."""

    label: str
    url: str
    icon: str
    is_current: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template: links, theme and the choices of it."""
    user = getattr(request, "user", None)
    visible = [entry for entry in MAIN if not entry.is_for_staff or (user and user.is_staff)]
    return {
        "navigation": _links(visible, request.path),
        "footer_links": _links(FOOTER, request.path),
        "theme": chosen_theme(request),
        "themes": THEMES,
    }


def chosen_theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"


def _links(entries: Any, path: str) -> list[Link]:
    """At most one is current: the one whose address says most."""
    current = max(
        (entry for entry in entries if entry.is_current(path)),
        key=lambda entry: len(entry.url),
        default=None,
    )
    return [Link(entry.label, entry.url, entry.icon, entry is current) for entry in entries]
