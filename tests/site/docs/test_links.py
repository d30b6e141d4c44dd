"""Every link of the documents and the front page leads somewhere, and stays on this server."""

import re
from urllib.parse import urljoin, urlsplit

import pytest

from maskr_site.docs.contents import PAGES

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
STARTS = ["/", "/docs/search?q=credits", *(page.url for page in PAGES.values())]


@pytest.fixture
def fetched(client):
    """Answers to addresses, each asked for once."""
    answers: dict[str, tuple[int, str]] = {}

    def fetch(url: str) -> tuple[int, str]:
        if url not in answers:
            answer = client.get(url, headers=HTML, follow=True)
            is_page = answer.get("Content-Type", "").startswith("text/html")
            answers[url] = answer.status_code, answer.content.decode() if is_page else ""
        return answers[url]

    return fetch


def links(html: str) -> set[str]:
    return set(re.findall(r'<a [^>]*href="([^"]+)"', html))


@pytest.mark.parametrize("start", STARTS)
def test_every_link_leads_somewhere(start, fetched):
    dead = []
    for link in sorted(links(fetched(start)[1])):
        target = urljoin(start, link.replace("&amp;", "&"))
        path, _, anchor = target.partition("#")
        status, html = fetched(path)
        if status != 200 or (anchor and f'id="{anchor}"' not in html):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("start", STARTS)
def test_every_link_stays_here(start, fetched):
    assert [link for link in links(fetched(start)[1]) if urlsplit(link).netloc] == []


@pytest.mark.parametrize("start", ["/", "/docs"])
def test_nothing_is_loaded_from_elsewhere(start, fetched):
    loaded = re.findall(r'(?:src|srcset)="([^"]+)"', fetched(start)[1])
    assert loaded and not [url for url in loaded if urlsplit(url).netloc]


def test_a_dead_link_would_be_found(fetched):
    assert fetched("/docs/no-such-page")[0] == 404
