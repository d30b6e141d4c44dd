"""/ for people, programs and robots, with and without an example."""

import re

import pytest

from billing.models import CreditPack, ServicePrice
from maskr_site.docs.contents import PAGES
from maskr_site.landing import showcase
from tests.settings import ROOT

pytestmark = pytest.mark.django_db
BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    showcase.forget()
    yield
    showcase.forget()


def front(client) -> str:
    return client.get("/", headers=BROWSER).content.decode()


def test_programs_get_json(client):
    assert client.get("/").json() == {"status": "ok"}


@pytest.mark.parametrize("headers", [{}, BROWSER], ids=["program", "browser"])
def test_caches_are_told_that_the_answer_depends_on_accept(client, headers):
    assert "Accept" in client.get("/", headers=headers)["Vary"]


def test_people_get_a_page(client):
    assert "<h1>Remove the background of any picture</h1>" in front(client)


def test_the_page_takes_no_posts(client):
    assert client.post("/").status_code == 405


def test_the_form_leads_to_the_studio(client):
    form = re.search(r"<form [^>]*enctype=[^>]*>", front(client))
    assert form and 'action="/studio"' in form[0] and 'method="post"' in form[0]


def test_strangers_are_led_to_a_key(client):
    assert "Get an API key" in front(client)


def test_a_person_who_is_signed_in_is_led_to_the_dashboard(client, alice):
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    html = front(client)
    assert "Go to your dashboard" in html and "Get an API key" not in html


def test_prices_are_those_of_the_operator(client):
    ServicePrice.objects.update_or_create(service="object-removal", defaults={"hundredths": 450})
    assert "every other pixel its own. 4.50 credits." in front(client)


def test_packs_on_sale_are_listed(client, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    CreditPack.objects.create(name="Starter", credits=10_000, price_minor=900, currency="usd")
    CreditPack.objects.create(name="Gone", credits=1, price_minor=1, is_active=False)
    html = front(client)
    assert "Starter: 100</th><td>9.00 USD" in html and "Gone" not in html


def test_without_payments_nothing_is_listed(client, settings):
    settings.STRIPE_SECRET_KEY = ""
    assert "Credits are granted by the operator" in front(client)


@pytest.mark.parametrize("figure", ["109 ms", "171 ms", "637 ms", "14.9", "0.66 s"])
def test_speed_figures_are_those_that_were_measured(client, figure):
    measured = (ROOT / "docs" / "performance.md").read_text()
    assert figure in front(client) and figure in measured


@pytest.mark.parametrize("name", ["description", "og:title", "og:image", "og:url"])
def test_other_sites_are_told_what_it_is(client, name):
    assert re.search(rf'<meta (name|property)="{name}" content="[^"]+">', front(client))


def test_addresses_for_others_are_absolute(client, settings):
    settings.PUBLIC_URL = "https://maskr.example"
    assert 'content="https://maskr.example/showcase/before.jpg"' in front(client)


def test_there_is_no_inline_script_or_style(client):
    html = front(client)
    assert "style=" not in html and not re.search(r"<script(?! src)", html)


def test_without_an_example_only_the_scene_is_shown(client):
    html = front(client)
    assert "before.jpg" in html and "cutout.webp" not in html


def test_robots_are_kept_from_accounts_and_shown_the_map(client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /account/" in text and "http://testserver/sitemap.xml" in text


def test_the_map_names_every_document(client):
    text = client.get("/sitemap.xml").content.decode()
    assert all(f"<loc>http://testserver{page.url}</loc>" in text for page in PAGES.values())
