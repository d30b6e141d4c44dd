"""Finds passages of the documents by words: every word must occur, headings count for more."""

import re
from dataclasses import dataclass

from maskr_site.docs.contents import Page
from maskr_site.docs.rendering import Passage, Rendered

MAX_CHARACTERS = 100
_MOST = 20
_BEFORE, _AFTER = 90, 180
_WORD = re.compile(r"[\w./:-]*\w")


@dataclass(frozen=True)
class Hit:
    """A passage; `excerpt` alternates between plain text and words that were looked for."""

    page: Page
    passage: Passage
    excerpt: tuple[str, ...]

    @property
    def url(self) -> str:
        anchor = self.passage.anchor
        return f"{self.page.url}#{anchor}" if anchor else self.page.url


def find(query: str, documents: dict[Page, Rendered]) -> list[Hit]:
    """The best passages first; of equal ones the order of the pages."""
    words = _WORD.findall(query[:MAX_CHARACTERS].lower())
    if not words:
        return []
    scored = [
        (_score(words, page, passage), page, passage)
        for page, document in documents.items()
        for passage in document.passages
    ]
    best = sorted((row for row in scored if row[0]), key=lambda row: -row[0])[:_MOST]
    return [Hit(page, passage, _excerpt(words, passage.text)) for _, page, passage in best]


def _score(words: list[str], page: Page, passage: Passage) -> int:
    """0 when a word is missing."""
    title, text = f"{page.title} {passage.title}".lower(), passage.text.lower()
    total = 0
    for word in words:
        found = 20 * (word in passage.title.lower()) + 5 * (word in title)
        found += min(text.count(word), 5)
        if not found:
            return 0
        total += found
    return total


def _excerpt(words: list[str], text: str) -> tuple[str, ...]:
    """The surroundings of the words, where most of them stand together, split at each."""
    text = " ".join(text.split())
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    starts = [found.start() for found in pattern.finditer(text)] or [0]
    windows = [(max(0, start - _BEFORE), start + _AFTER) for start in starts]
    start, end = max(windows, key=lambda window: _variety(words, text[slice(*window)]))
    cut = text[start:end]
    # Whole words only, where something was cut off.
    cut = f"… {cut.partition(' ')[2]}" if start else cut
    cut = f"{cut.rpartition(' ')[0]} …" if end < len(text) else cut
    return tuple(re.split(f"({pattern.pattern})", cut, flags=re.IGNORECASE))


def _variety(words: list[str], text: str) -> int:
    return sum(word in text.lower() for word in words)
