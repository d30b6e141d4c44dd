"""The table of contents of /docs: which pages there are, in which order, and where they lie."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse

OVERVIEW = "overview"


@dataclass(frozen=True)
class Page:
    """One Markdown file. Its slug is its address and stays as it is."""

    slug: str
    file: str

    @property
    def text(self) -> str:
        """The Markdown with the template tags still in it."""
        return _read(self.file)

    @property
    def title(self) -> str:
        """The file's first line."""
        return self.text.split("\n", 1)[0].removeprefix("# ")

    @property
    def url(self) -> str:
        return reverse("docs") if self.slug == OVERVIEW else reverse("docs-page", args=[self.slug])


@dataclass(frozen=True)
class Section:
    title: str
    pages: tuple[Page, ...]


@cache
def _read(file: str) -> str:
    return Path(settings.BASE_DIR, file).read_text(encoding="utf-8")


def _section(title: str, *slugs: str, **elsewhere: str) -> Section:
    pages = [Page(slug, f"docs/site/{slug}.md") for slug in slugs]
    pages += [Page(slug, file) for slug, file in elsewhere.items()]
    return Section(title, tuple(pages))


SECTIONS = (
    _section("Start", OVERVIEW, "quick-start", "authentication", "code-samples"),
    _section(
        "Services",
        "background-removal",
        "object-extraction",
        "object-removal",
        "image-segmentation",
    ),
    _section("Picture in, picture out", "v2", "v1-remove", "switching"),
    _section("Work that takes longer", "async", "batches", "webhooks", "idempotency"),
    _section("Reference", "errors", "rate-limits", "credits", "results", "privacy"),
    _section("More", performance="docs/performance.md", changelog="CHANGELOG.md"),
)
PAGES = {page.slug: page for section in SECTIONS for page in section.pages}


def neighbours(page: Page) -> tuple[Page | None, Page | None]:
    """The pages before and after in reading order."""
    pages = list(PAGES.values())
    place = pages.index(page)
    before = pages[place - 1] if place else None
    return before, pages[place + 1] if place + 1 < len(pages) else None
