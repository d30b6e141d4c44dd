"""The page itself, its plain form, its samples."""

import errno
import json
import re
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from services import performing
from services.studio import samples
from tests.pictures import opened, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]


def facts(page):
    html = page.opened.content.decode()
    return json.loads(re.findall(r'<script id="facts"[^>]*>(.*?)</script>', html)[0])


def lead(answer):
    text = re.findall(r'<p class="lead"[^>]*>(.*?)</p>', answer.content.decode(), re.S)[0]
    return " ".join(text.split())


def test_the_page_says_how_many_credits_are_left(page):
    assert lead(page.opened) == "100 credits left"


def test_the_page_says_how_many_tries_are_left(visitor):
    assert lead(visitor.opened).startswith("3 free tries left without an account")


def test_the_page_knows_the_prices_and_limits(page):
    told = facts(page)
    assert (told["prices"]["object-removal"], told["maxBytes"]) == (3, 25 * 2**20)


def test_the_page_shows_the_beginning_of_a_key_and_no_more(page, alice):
    assert facts(page)["key"] == f"{alice.plaintext[:12]}…"
    assert alice.plaintext not in page.opened.content.decode()


def test_the_page_is_never_stored(page):
    assert "no-store" in page.opened["Cache-Control"]


def test_nothing_on_the_page_needs_a_weaker_policy(page):
    html = page.opened.content.decode()
    inline = [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag]
    assert inline == ['<script id="facts" type="application/json">']
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)


def test_the_studio_is_in_the_navigation(page):
    assert 'href="/studio" aria-current="page"' in page.opened.content.decode()


def test_visitors_find_the_studio_in_the_header(client, db):
    assert 'href="/studio"' in client.get(reverse("account_login")).content.decode()


@pytest.mark.usefixtures("worker")
def test_the_plain_form_returns_a_cut_out(page):
    html = page.submit().content.decode()
    link = re.findall(r'<img class="checkered" src="([^"]*)"', html)[0].replace("&amp;", "&")
    cut_out = opened(b"".join(page.client.get(link).streaming_content))
    assert (cut_out.mode, cut_out.size) == ("RGBA", (96, 64))


@pytest.mark.usefixtures("worker")
def test_the_plain_form_is_charged_like_the_service(page, alice):
    page.submit()
    assert alice.balance == 10_000 - 300


@pytest.fixture
def nonce(page):
    return re.findall(r'name="nonce" value="([^"]+)"', page.opened.content.decode())[0]


def result(answer):
    return re.findall(r'<img class="checkered" src="/([^?]*)', answer.content.decode())


@pytest.mark.usefixtures("worker")
def test_the_plain_form_sent_twice_is_charged_once(page, nonce, alice):
    answers = [page.submit(nonce=nonce) for _ in range(2)]
    assert (result(answers[0]), alice.balance) == (result(answers[1]), 10_000 - 300)


@pytest.mark.usefixtures("worker")
def test_the_plain_form_with_another_picture_gives_that_one(page, nonce):
    page.submit(nonce=nonce)
    html = page.submit(picture(width=48, height=32), nonce=nonce).content.decode()
    assert 'width="48" height="32"' in html


@pytest.mark.usefixtures("worker")
def test_the_plain_form_of_another_showing_makes_another_picture(page, nonce, alice):
    page.submit(nonce=nonce)
    page.submit(nonce=str(uuid4()))
    assert alice.balance == 10_000 - 600


@pytest.mark.usefixtures("worker")
def test_the_plain_form_does_again_what_has_failed(page, nonce, monkeypatch):
    with monkeypatch.context() as trouble:
        trouble.setattr(performing, "run", _no_room)
        page.submit(nonce=nonce)
    assert result(page.submit(nonce=nonce))


@pytest.mark.usefixtures("worker")
def test_the_plain_form_works_for_visitors_until_their_tries_are_used(visitor):
    answers = [visitor.submit() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 'role="alert">The free tries of your network are used up' in answers[-1].content.decode()


@pytest.mark.usefixtures("worker")
def test_the_plain_form_gives_visitors_small_results(visitor):
    html = visitor.submit(picture(width=1024, height=256)).content.decode()
    assert 'width="512" height="128"' in html


@pytest.mark.usefixtures("worker")
def test_the_plain_form_tells_of_a_damaged_picture(page, alice):
    answer = page.submit(b"no picture")
    assert (answer.status_code, alice.balance) == (400, 10_000)
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.usefixtures("worker")
def test_the_plain_form_tells_that_storage_is_in_trouble(page, alice, monkeypatch):
    monkeypatch.setattr(performing, "run", _no_room)
    answer = page.submit()
    assert (answer.status_code, answer["Retry-After"], alice.balance) == (503, "5", 10_000)


def _no_room(_job):
    raise OSError(errno.EIO, "Input/output error")


def test_the_plain_form_says_when_to_come_back_after_too_many(page):
    answers = [page.client.post("/studio") for _ in range(21)]
    assert (answers[-1].status_code, int(answers[-1]["Retry-After"]) > 0) == (429, True)


def test_the_plain_form_asks_for_a_picture(page):
    answer = page.client.post("/studio", {"csrfmiddlewaretoken": page.token})
    assert "Choose a picture first." in answer.content.decode()


def test_the_plain_form_tells_of_a_missing_balance(open_studio, bob):
    html = open_studio(bob.user).submit().content.decode()
    assert "Insufficient credits" in html and '<a href="/account/billing/">Get credits</a>' in html


def test_the_plain_form_is_refused_with_a_time_to_come_back_while_the_queue_is_full(
    page, alice, settings
):
    settings.MAX_QUEUE_DEPTH = 0
    answer = page.submit()
    assert (answer.status_code, answer["Retry-After"], alice.balance) == (503, "1", 10_000)
    assert b"Too many pictures are waiting" in answer.content


def test_a_visitor_refused_for_a_full_queue_loses_no_try(open_studio, settings):
    settings.MAX_QUEUE_DEPTH = 0
    visitor = open_studio()
    assert visitor.submit().status_code == 503
    assert facts(open_studio())["tries"] == facts(visitor)["tries"]


def test_the_plain_form_needs_its_token(page, alice):
    file = SimpleUploadedFile("photo.png", picture())
    answer = page.client.post("/studio", {"file": file})
    assert (answer.status_code, alice.balance) == (403, 10_000)


def test_the_plain_form_reads_no_more_than_the_limit(page, settings, monkeypatch):
    large = SimpleUploadedFile("photo.png", b"x" * (26 * 2**20))
    answer = page.client.post("/studio", {"file": large})
    assert (answer.status_code, "limit of 25 MB" in answer.content.decode()) == (413, True)


def test_the_balance_can_be_asked_for(page):
    assert page.client.get(reverse("studio-balance")).json() == {"credits": 100, "invoicedBy": ""}


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_sample_is_a_picture(client, name):
    answer = client.get(reverse("studio-sample", args=[name]))
    assert opened(answer.content).size == (960, 640)


def test_a_sample_that_was_kept_is_not_drawn_again(client):
    samples.keep()
    name = f"site/samples/{samples.NAMES[0]}.jpg"
    default_storage.delete(name)
    default_storage.save(name, ContentFile(b"as it was kept"))
    samples.keep()
    answer = client.get(reverse("studio-sample", args=[samples.NAMES[0]]))
    assert answer.content == b"as it was kept"


def test_there_is_no_other_sample(client):
    assert client.get("/studio/samples/nobody.jpg").status_code == 404


def test_a_slash_at_the_end_leads_to_the_page(client, db):
    assert client.get("/studio/").url == "/studio"


def test_the_studio_takes_no_other_methods(page):
    assert page.client.put("/studio").status_code == 405
