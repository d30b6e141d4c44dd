"""The search of /docs: every word must occur, headings count for more, links lead to the passage."""

import pytest

from maskr_site.docs import search

pytestmark = pytest.mark.django_db


def found(client, query: str) -> str:
    return client.get("/docs/search", {"q": query}).content.decode()


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("Idempotent-Replayed", "/docs/idempotency"),
        ("feather", "/docs/object-extraction#request"),
        ("value_error.dimensions", "/docs/errors"),
        ("remove.bg preview", "/docs/switching#removebg-post-v10removebg"),
        ("roll key", "/docs/authentication#rolling-a-key"),
    ],
)
def test_finds_the_passage(client, query, url):
    assert f'<a href="{url}' in found(client, query)


def test_a_heading_comes_before_a_mention(client):
    hits = found(client, "partial failures").partition('class="hits"')[2]
    assert hits.index("/docs/batches#partial-failures") < hits.index("/docs/background-removal")


def test_marks_the_words(client):
    assert "<mark>feather</mark>" in found(client, "feather")


def test_every_word_must_occur(client):
    assert "Nothing has all the words" in found(client, "feather zebra")


def test_an_empty_search_suggests_some(client):
    assert "?q=Retry-After" in found(client, "  ")


def test_what_was_asked_is_text(client):
    html = found(client, '"><script>alert(1)</script>')
    assert "<script>alert" not in html


def test_signs_alone_find_nothing(client):
    assert "Nothing has all the words" in found(client, "???")


def test_a_pattern_is_taken_by_its_letters(client):
    assert client.get("/docs/search", {"q": "(a+)+ [x"}).status_code == 200


def test_a_long_question_is_cut_off(client):
    asked = found(client, "a" * 5000)
    assert f'value="{"a" * search.MAX_CHARACTERS}"' in asked


def test_engines_do_not_list_results(client):
    assert '<meta name="robots" content="noindex">' in found(client, "feather")
