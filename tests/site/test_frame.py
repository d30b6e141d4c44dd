"""What stands around every page: navigation, footer, theme."""

import re

import pytest
from django.test import RequestFactory

from accounts.models import User
from maskr_site import navigation
from maskr_site.navigation import MAIN, Entry

KEYS = "/account/keys/"


@pytest.fixture
def member(client, alice):
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(client, path: str = KEYS) -> str:
    return str(client.get(path).content.decode())


def theme_of(client, path: str = "/accounts/login/") -> str:
    found = re.search(r'<html lang="en"(?: data-theme="(\w+)")?>', read(client, path))
    return (found and found[1]) or ""


def test_the_page_one_is_on_is_marked_once_for_wide_and_narrow_screens(member):
    current = re.findall(r'<a href="([^"]+)" aria-current="page"', read(member))
    assert set(current) == {KEYS} and len(current) <= 2


def test_everything_can_be_reached_from_every_page(member):
    html = read(member)
    assert all(f'href="{entry.url}"' in html for entry in MAIN if not entry.is_for_staff)


def test_the_admin_is_linked_for_staff_only(member, alice):
    before = 'href="/admin/"' in read(member)
    User.objects.filter(pk=alice.user.pk).update(is_staff=True)
    assert (before, 'href="/admin/"' in read(member)) == (False, True)


def test_narrow_screens_get_at_most_five_places(member):
    bar = re.split(r'<details class="menu">', read(member))[0].split('<nav class="side"')[1]
    assert len(re.findall(r"<li>", bar)) <= 4  # and "More"


def test_strangers_get_no_navigation_of_members(client, db):
    assert 'class="side"' not in read(client, "/accounts/login/")


def test_the_longest_address_wins():
    entries = (Entry("All", "pages:overview"), Entry("Keys", "accounts:keys"))
    links = navigation._links(entries, KEYS)
    assert [link.is_current for link in links] == [False, True]


def test_without_a_choice_the_theme_is_the_systems(client, db):
    assert theme_of(client) == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_comes_with_the_page_itself(client, db, theme):
    client.post("/theme", {"theme": theme})
    assert theme_of(client) == theme


def test_the_choice_can_be_given_back_to_the_system(client, db):
    client.post("/theme", {"theme": "dark"})
    client.post("/theme", {"theme": "system"})
    assert theme_of(client) == ""


def test_the_switch_says_what_is_chosen(client, db):
    client.cookies["theme"] = "dark"
    assert 'value="dark" aria-pressed="true"' in read(client, "/accounts/login/")


def test_a_cookie_of_nonsense_is_no_theme(client, db):
    client.cookies["theme"] = '"><script>'
    assert theme_of(client) == ""


def test_an_unknown_theme_is_refused(client, db):
    assert client.post("/theme", {"theme": "pink"}).status_code == 400


def test_the_switch_leads_back_to_the_page(client, db):
    assert client.post("/theme", {"theme": "dark", "next": KEYS}).url == KEYS


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_the_switch_leads_nowhere_else(client, db, elsewhere):
    assert client.post("/theme", {"theme": "dark", "next": elsewhere}).url == "/"


def test_no_theme_is_chosen_by_a_link(client, db):
    assert client.get("/theme?theme=dark").status_code == 405


def test_a_request_without_a_user_has_a_frame():
    assert navigation.frame(RequestFactory().get("/"))["theme"] == "system"


@pytest.mark.parametrize("page", ["foo", "//evil.example/", "http://evil.example/", "\\foo", ""])
def test_the_switch_leads_to_the_front_page_from_nowhere_of_ours(client, page):
    assert client.post("/theme", {"theme": "dark", "next": page}).url == "/"


def test_the_switch_leads_back(client):
    assert client.post("/theme", {"theme": "dark", "next": "/docs/?a=b"}).url == "/docs/?a=b"
