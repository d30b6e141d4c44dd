import io
import re
from datetime import datetime, timedelta
from datetime import time as clock
from typing import cast
from uuid import UUID

import pytest
from django.core.management import call_command
from django.forms import ChoiceField
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.forms import RollForm
from accounts.models import ApiKey, User

LIST = "/account/keys/"
SHOWN = re.compile(r"sk-(?:live|test)-[0-9A-Za-z]{38}")


def create(page: Client, **fields):
    return page.post(LIST, {"name": "importer", "mode": "live", **fields})


def only_key(user: User) -> ApiKey:
    return user.api_keys.get()


def shown(answer) -> str:
    """The whole key on a page."""
    return str(SHOWN.findall(answer.content.decode())[0])


def roll_url(key: ApiKey) -> str:
    return f"{LIST}{key.pk}/roll/"


def revoke_url(key: ApiKey) -> str:
    return f"{LIST}{key.pk}/revoke/"


@pytest.mark.parametrize("path", ["/account/", LIST])
def test_asks_a_stranger_to_log_in(client, path, db):
    assert client.get(path).url == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", [LIST, f"{LIST}{UUID(int=7)}/roll/", "/account/settings/"])
def test_who_was_signed_out_with_a_form_open_is_told_that_nothing_was_done(client, path, db):
    html = client.post(path, {"name": "importer"}, follow=True).content.decode()
    assert "You were signed out, so nothing was done." in html


def test_who_only_opens_a_page_is_told_nothing_of_a_form(client, db):
    assert "nothing was done" not in client.get(LIST, follow=True).content.decode()


def test_invites_to_make_a_first_key(page):
    assert "Make one" in page.get(LIST).content.decode()


def test_lists_a_key_by_its_beginning_and_end(page, key):
    html = page.get(LIST).content.decode()
    assert key.masked in html and key.name in html


def test_lists_ended_keys_apart(page, key):
    keys.revoke(key)
    assert "Ended keys (1)" in page.get(LIST).content.decode()


@pytest.fixture
def form_sent_twice(page):
    """The answer to the second time; without scripts a browser does that when the page is loaded again."""
    (made_as,) = re.findall(r'name="made_as" value="([^"]+)"', page.get(LIST).content.decode())
    create(page, made_as=made_as)
    return create(page, made_as=made_as)


def test_a_form_that_is_sent_twice_makes_one_key(form_sent_twice, alice):
    assert alice.api_keys.count() == 1


def test_a_form_that_is_sent_twice_ends_on_the_list(form_sent_twice):
    assert form_sent_twice.url == LIST


def test_the_list_says_of_a_form_sent_twice_that_the_key_was_shown_once(form_sent_twice, page):
    assert "made already, and was shown once" in page.get(LIST).content.decode()


def test_lists_no_key_of_anyone_else(page, bob):
    keys.create(bob, "secret project")
    assert "secret project" not in page.get(LIST).content.decode()


def test_escapes_the_name_of_a_key(page, alice):
    keys.create(alice, "<script>alert(1)</script>")
    assert "<script>alert" not in page.get(LIST).content.decode()


def test_creates_a_key_that_works(page, alice):
    assert keys.find(shown(create(page))) == only_key(alice)


def test_creates_a_test_key(page, alice):
    create(page, mode="test")
    assert only_key(alice).mode == "test"


OVERLAPS = cast("ChoiceField", RollForm().fields["overlap_hours"])


@pytest.mark.parametrize("hours", dict(cast("list[tuple[int, str]]", OVERLAPS.choices)))
def test_rolls_a_key_with_every_overlap_that_the_form_offers(page, key, hours):
    assert keys.find(shown(page.post(roll_url(key), {"overlap_hours": str(hours)})))


def test_forbids_to_store_the_answer_with_the_key(page):
    assert "no-store" in create(page)["Cache-Control"]


def test_shows_the_key_on_the_answer_and_never_again(page, alice, admin_client, caplog, capfd):
    plaintext = shown(create(page))
    key = only_key(alice)
    pages = [page.get(path) for path in (LIST, roll_url(key), revoke_url(key), "/account/")]
    admin = f"/admin/accounts/apikey/{key.pk}/change/"
    pages += [admin_client.get(path) for path in (admin, "/admin/accounts/apikey/")]
    database = io.StringIO()
    call_command("dumpdata", stdout=database)
    session = str(dict(page.session.items()))
    seen = [answer.content.decode() for answer in pages]
    seen += [database.getvalue(), session, str(page.cookies), caplog.text, *capfd.readouterr()]
    assert not any(plaintext[12:-4] in text for text in seen)
    assert not any(key.digest in text for text in seen[: len(pages)])


def test_limits_a_new_key_as_asked(page, alice):
    tomorrow = timezone.now().date() + timedelta(days=1)
    create(
        page,
        scopes=["account:read"],
        expires_on=tomorrow.isoformat(),
        allowed_ips="203.0.113.9/24\n2001:db8::1",
        monthly_credits="5",
    )
    key = only_key(alice)
    assert key.scopes == ["account:read"]
    assert key.expires_at == timezone.make_aware(datetime.combine(tomorrow, clock.max))
    assert key.allowed_ips == ["203.0.113.0/24", "2001:db8::1/128"]
    assert key.monthly_credit_cap_hundredths == 500


def test_gives_a_new_key_no_limits_unless_asked(page, alice):
    create(page)
    key = only_key(alice)
    assert (key.scopes, key.allowed_ips, key.expires_at) == ([], [], None)
    assert key.monthly_credit_cap_hundredths is None


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", "", "This field is required."),
        ("name", "x" * 81, "at most 80 characters"),
        ("mode", "admin", "Select a valid choice."),
        ("scopes", "everything", "Select a valid choice."),
        ("expires_on", "2020-01-01", "The last day lies in the past."),
        ("allowed_ips", "office", "office is neither an address nor a network."),
        ("allowed_ips", "192.0.2.1 " * 51, "51 networks; the limit is 50."),
        ("monthly_credits", "0", "greater than or equal to 1"),
    ],
)
def test_refuses_a_bad_field_by_name(page, alice, field, value, complaint):
    html = create(page, **{field: value}).content.decode()
    assert complaint in html and f'id="id_{field}_error"' in html
    assert not alice.api_keys.exists()


def test_asks_before_it_revokes(page, key):
    assert "Revoke shop backend?" in page.get(revoke_url(key)).content.decode()
    assert not only_key(key.user).is_revoked


def test_revokes_a_key(page, key, plaintext):
    assert page.post(revoke_url(key)).url == LIST
    assert keys.find(plaintext) is None


def test_says_that_a_key_is_revoked(page, key):
    answer = page.post(revoke_url(key), follow=True)
    assert "shop backend is revoked." in answer.content.decode()


def test_rolls_a_key(page, key, plaintext):
    new = keys.find(shown(page.post(roll_url(key), {"overlap_hours": "24"})))
    assert new and new != key and new.name == key.name
    assert keys.find(plaintext) == key


def test_rolls_a_key_without_an_overlap(page, key, plaintext):
    html = page.post(roll_url(key), {"overlap_hours": "0"}).content.decode()
    assert f"The old key {key.masked} no longer works." in html
    assert keys.find(plaintext) is None


def test_forbids_to_store_the_answer_with_the_rolled_key(page, key):
    answer = page.post(roll_url(key), {"overlap_hours": "1"})
    assert "no-store" in answer["Cache-Control"]


def test_refuses_another_overlap(page, key):
    page.post(roll_url(key), {"overlap_hours": "1000"})
    assert only_key(key.user).revoked_at is None


def test_says_why_a_key_cannot_be_rolled_twice(page, key):
    page.post(roll_url(key), {"overlap_hours": "24"})
    answer = page.post(roll_url(key), {"overlap_hours": "24"}, follow=True)
    assert "has already been rolled" in answer.content.decode()


@pytest.mark.parametrize("url", [roll_url, revoke_url])
@pytest.mark.parametrize("method", ["get", "post"])
def test_hides_the_keys_of_others(page, bob, url, method):
    key, plaintext = keys.create(bob, "bob's")
    assert getattr(page, method)(url(key), {"overlap_hours": "0"}).status_code == 404
    assert keys.find(plaintext)


@pytest.mark.parametrize("url", [roll_url, revoke_url])
def test_asks_a_stranger_to_log_in_before_a_change(client, key, plaintext, url):
    assert client.post(url(key), {"overlap_hours": "0"}).status_code == 302
    assert keys.find(plaintext)


def test_refuses_a_post_without_the_token_of_the_form(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert create(browser).status_code == 403


def test_refuses_other_methods(page):
    assert page.delete(LIST).status_code == 405


def test_lets_no_api_key_manage_keys(client, key, plaintext):
    answer = client.get(LIST, headers={"Authorization": f"Bearer {plaintext}"})
    assert answer.status_code == 302
