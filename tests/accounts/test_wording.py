"""The words of allauth's pages, beside those of our own."""

import re

import pytest

pytestmark = pytest.mark.django_db


def title(html: str) -> str:
    return " ".join(re.findall(r"<title>(.*?)</title>", html, re.S)[0].split())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("login/", "Sign in · Maskr"),
        ("password/reset/", "Forgotten password · Maskr"),
        ("password/reset/key/1-bad/", "This link does not work · Maskr"),
        ("confirm-email/bad/", "This link does not work · Maskr"),
        ("inactive/", "Account suspended · Maskr"),
    ],
)
def test_titles_are_sentences(client, path, words):
    assert title(client.get(f"/accounts/{path}").content.decode()) == words


def test_headings_and_buttons_are_sentences(client):
    html = client.get("/accounts/signup/").content.decode()
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Sign up"]
    assert re.findall(r'class="button primary">\s*(.*?)\s*</button>', html) == ["Sign up"]


def test_labels_are_sentences(client):
    html = client.get("/accounts/login/").content.decode()
    assert "Remember me</label>" in html


def test_labels_are_sentences_after_a_wrong_password_too(client):
    html = client.post("/accounts/login/", {"login": "a@b.example", "password": "x"}).content
    assert b"Remember me</label>" in html


def test_a_password_that_was_forgotten_is_not_a_dead_end(client):
    html = client.get("/accounts/password/reset/key/done/").content.decode()
    assert 'class="button primary" href="/accounts/login/"' in html
