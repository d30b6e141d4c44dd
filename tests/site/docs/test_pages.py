"""/docs as a reader and a search engine find it."""

import re

import pytest

from billing.models import ServicePrice
from maskr_site.docs.contents import PAGES, SECTIONS, neighbours

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_stands_at_its_address(client, slug):
    page = PAGES[slug]
    answer = client.get(page.url)
    assert f"<h1>{page.title}" in answer.content.decode()


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_leaves_no_template_tag_and_no_empty_fact(document, slug):
    html = document(slug).html
    assert not re.search(r"\{\{|\{%|  a picture|most  ", html)


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_describes_itself(document, slug):
    assert len(document(slug).summary) > 20


def test_titles_are_unique():
    titles = [page.title for page in PAGES.values()]
    assert sorted(titles) == sorted(set(titles))


def test_the_overview_has_one_address(client):
    assert client.get("/docs/overview")["Location"] == "/docs"


def test_an_address_with_a_slash_leads_to_the_overview(client):
    assert client.get("/docs/")["Location"] == "/docs"


def test_an_unknown_page_is_not_found(client):
    assert client.get("/docs/nothing", headers={"accept": "text/html"}).status_code == 404


def test_common_parts_are_no_pages(client):
    assert client.get("/docs/_answer").status_code == 404


def test_pages_take_no_posts(client):
    assert client.post("/docs").status_code == 405


def test_the_navigation_marks_the_page_that_is_open(client):
    html = client.get("/docs/errors").content.decode()
    assert '<a href="/docs/errors" aria-current="page">Errors</a>' in html


def test_pages_lead_to_the_one_before_and_the_one_after():
    pages = list(PAGES.values())
    assert [neighbours(page)[1] for page in pages] == [*pages[1:], None]
    assert [neighbours(page)[0] for page in pages] == [None, *pages[:-1]]


def test_every_section_has_pages():
    assert all(section.pages for section in SECTIONS)


def test_headings_can_be_linked(client):
    html = client.get("/docs/background-removal").content.decode()
    assert '<h2 id="request">' in html and 'href="#request"' in html


def test_code_is_coloured_by_classes_alone(client):
    html = client.get("/docs/quick-start").content.decode()
    assert '<span class="kn">import</span>' in html and "style=" not in html


def test_code_has_a_copy_button_that_waits_for_its_script(client):
    html = client.get("/docs/quick-start").content.decode()
    assert '<button type="button" data-copies="code-1" hidden>' in html


def test_no_script_or_style_stands_in_a_page(client):
    html = client.get("/docs/code-samples").content.decode()
    assert "<style" not in html and not re.search(r"<script(?! src)", html)


def test_the_policy_allows_nothing_unsafe(client):
    assert "unsafe" not in client.get("/docs")["Content-Security-Policy"]


def test_html_in_a_page_would_be_text(document):
    from maskr_site.docs.rendering import render

    assert "&lt;script&gt;" in render("# Title\n\n<script>1</script>", {}).html


def test_prices_are_those_of_the_operator(client):
    ServicePrice.objects.update_or_create(
        service="background-removal", defaults={"hundredths": 725}
    )
    assert "7.25 credits a picture" in client.get("/docs/background-removal").content.decode()


def test_limits_are_those_of_the_endpoint(document):
    html = document("background-removal").html
    assert "60 requests a minute; batches 30" in html


@pytest.mark.parametrize("slug", ["background-removal", "object-removal"])
def test_the_quality_that_is_meant_without_one_is_the_operators(document, settings, slug):
    settings.QUALITY = "fast"
    row = re.search(r"<code>quality</code>.*?</tr>", document(slug).html, re.DOTALL)
    assert row and '<td data-label="Default"><code>fast</code></td>' in row[0]


@pytest.mark.parametrize("slug", PAGES)
def test_no_page_says_of_itself_how_long_links_work(slug):
    assert "works for an hour" not in PAGES[slug].text


def test_addresses_are_those_of_this_server(client):
    html = client.get("/docs/v2", headers={"host": "localhost:8123"}).content.decode()
    assert "http://localhost:8123/v2" in html


def test_the_public_address_wins(client, settings):
    settings.PUBLIC_URL = "https://maskr.example"
    assert "https://maskr.example/v2" in client.get("/docs/v2").content.decode()


def test_rows_of_tables_name_their_columns(document):
    html = document("background-removal").html
    assert '<th scope="row"><code>file</code></th>' in html
    assert '<td data-label="Type">file</td>' in html


def test_only_the_first_cell_of_a_row_is_its_heading(document):
    html = document("background-removal").html
    assert '<th scope="row">Price</th>\n<td>3 credits a picture' in html


def test_the_changelog_is_the_repositorys(document):
    assert "Unreleased" in document("changelog").html


def test_nothing_is_on_sale_without_payments(document, settings):
    settings.STRIPE_SECRET_KEY = ""
    assert "Nothing is on sale on this server" in document("credits").html
