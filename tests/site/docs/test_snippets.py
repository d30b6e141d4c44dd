"""Every snippet of the documents runs, and every sample has the shape of a real answer."""

import re
import shutil

import pytest
from PIL import Image

from maskr_site.demo import photo
from maskr_site.docs.contents import PAGES
from maskr_site.docs.rendering import Snippet
from tests.needs import need
from tests.site.docs.reader import Reader, differences, lay_out, missing_lines

LANGUAGES = {"bash", "python", "javascript"}


@pytest.fixture
def reader(alice, tmp_path) -> Reader:
    if not shutil.which("node"):
        need("node", "Node.js is not installed")
    lay_out(tmp_path)
    return Reader(tmp_path, alice.plaintext)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker", "books")
@pytest.mark.parametrize("slug", PAGES)
def test_a_page_can_be_followed_from_top_to_bottom(slug, document, live_server, reader):
    host = live_server.url.removeprefix("http://")
    for snippet in document(slug, host).snippets:
        reader.read(snippet)


@pytest.mark.parametrize("slug", PAGES)
def test_every_place_that_is_pointed_at_lies_in_the_demonstration_s_photo(slug, document, tmp_path):
    code = "\n".join(snippet.code for snippet in document(slug).snippets)
    places = re.findall(r"\b(?:points|box)=([\[\]0-9,]+)", code)
    farthest = max(
        (int(number) for place in places for number in re.findall(r"\d+", place)), default=0
    )
    with Image.open(photo.write_photo(tmp_path)) as picture:
        assert farthest < min(picture.size)


@pytest.mark.parametrize("slug", PAGES)
def test_programs_are_marked_to_run(slug, document):
    unmarked = [
        snippet.code
        for snippet in document(slug).snippets
        if snippet.language in LANGUAGES and "run" not in snippet.marks
    ]
    assert unmarked == []


def test_a_program_that_fails_is_found(reader):
    with pytest.raises(AssertionError, match="no such thing"):
        reader.read(Snippet("python", frozenset({"run"}), "raise SystemExit('no such thing')"))


def test_a_refusal_that_nobody_announced_is_found(reader):
    with pytest.raises(AssertionError):
        reader.read(Snippet("bash", frozenset({"run"}), """echo '{"detail": "no"}'"""))


@pytest.mark.parametrize(
    ("sample", "real"),
    [({"a": 1}, {"b": 1}), ({"a": 1}, {"a": "1"}), ({"a": [{"b": 1}]}, {"a": [{"c": 1}]})],
    ids=["name", "kind", "within-a-list"],
)
def test_a_sample_of_another_shape_is_found(sample, real):
    assert list(differences(sample, real))


def test_a_header_that_is_not_sent_is_found():
    assert missing_lines("HTTP/1.1 200 OK\nX-Odd: 1\n", "HTTP/1.1 200 OK\nDate: x\n") == ["X-Odd:"]
