"""/status and /status.json, as strangers see them."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from maskr_site.models import PartDay
from maskr_site.status import checking, history, parts


@pytest.fixture
def now(monkeypatch):
    """What the checks find; every part is well unless the test says otherwise."""
    found = {name: {"ok": True, "ms": 1.0, "kind": "secret-kind"} for name in parts.NAMES}
    monkeypatch.setattr(checking, "check_all", lambda: found)
    checking.forget()
    yield found
    checking.forget()


def test_says_that_everything_works(client, db, now):
    response = client.get("/status")
    assert (response.status_code, "Everything works." in response.text) == (200, True)


def test_says_what_does_not_and_what_that_means(client, db, now):
    now["storage"] = {"ok": False, "ms": 1.0, "error": "NoSuchBucket"}
    text = client.get("/status").text
    assert f"1 of {len(parts.NAMES)} parts has trouble now." in text
    assert "Files: Uploads and results cannot be stored or fetched." in text


def test_the_page_is_there_while_a_part_is_not(client, db, now):
    now["storage"] = {"ok": False, "ms": 1.0, "error": "NoSuchBucket"}
    assert client.get("/status").status_code == 200


@pytest.mark.parametrize("path", ["/status", "/status.json"])
def test_tells_nothing_of_the_inside(client, db, now, path):
    now["storage"] = {"ok": False, "ms": 1.0, "error": "NoSuchBucket"}
    text = client.get(path).text
    assert "secret-kind" not in text and "NoSuchBucket" not in text


def test_every_day_is_a_bar_with_its_words(client, db, now):
    PartDay.objects.create(
        part="storage", day=timezone.now().date(), ok=3, failed=1, is_ok=True,
        checked_at=timezone.now(),
    )  # fmt: skip
    text = client.get("/status").text
    assert text.count("no data</title>") == len(parts.NAMES) * 90 - 1
    assert "1 of 4 checks failed</title>" in text


def test_states_differ_by_more_than_colour(client, db, now):
    for state, (ok, failed) in {"good": (4, 0), "some": (3, 1), "bad": (1, 3)}.items():
        days = {"good": 0, "some": 1, "bad": 2}
        day = timezone.now().date() - timedelta(days=days[state])
        fields = {"ok": ok, "failed": failed, "is_ok": True, "checked_at": timezone.now()}
        PartDay.objects.create(part="storage", day=day, **fields)
    bars = re.findall(r'<g class="(\w+)"><title>[^<]*</title>(.*?)</g>', client.get("/status").text)
    shapes = {state: re.sub(r'x="\d+"', "", shape) for state, shape in bars}
    assert len(set(shapes.values())) == 4


def test_the_chart_has_words_for_those_who_do_not_see_it(client, db, now):
    assert 'aria-label="The last 90 days: 90 without data."' in client.get("/status").text


def test_the_page_needs_no_script_of_its_own(client, db, now):
    main = client.get("/status").text.split("<main")[1].split("</main>")[0]
    assert "<script" not in main and " style=" not in main


def test_asks_the_database_once_for_all_days(client, db, now, django_assert_num_queries):
    client.get("/status")
    with django_assert_num_queries(1):
        client.get("/status")


def test_many_visitors_cause_one_check(client, db, now, monkeypatch):
    asked = []

    def check():
        asked.append(1)
        return now

    monkeypatch.setattr(checking, "check_all", check)
    for _ in range(5):
        client.get("/status")
    assert len(asked) == 1


def test_programs_are_told_the_same(client, db, now):
    body = client.get("/status.json").json()
    names = [part["part"] for part in body["parts"]]
    assert (body["status"], names) == ("ok", list(parts.NAMES))


def test_programs_are_told_of_trouble(client, db, now):
    now["queue"] = {"ok": False, "ms": 1.0}
    body = client.get("/status.json").json()
    troubled = [part["label"] for part in body["parts"] if not part["ok"]]
    assert (body["status"], troubled) == ("trouble", ["Waiting time"])


def test_other_peoples_pages_may_read_it(client, db, now):
    assert client.get("/status.json")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/status", "/status.json"])
def test_it_is_there_without_the_database(client, db, now, monkeypatch, path):
    def away():
        raise DatabaseError

    monkeypatch.setattr(history, "recorded", away)
    assert client.get(path).status_code == 200


def test_a_signed_in_person_sees_it_without_the_database_too(
    client, django_user_model, now, django_assert_num_queries
):
    client.force_login(django_user_model.objects.create_user("carol@example.com"))
    now["database"] = {"ok": False, "ms": 1.0}
    with django_assert_num_queries(0):
        response = client.get("/status")
    assert (response.status_code, "Nothing can be looked up" in response.text) == (200, True)


def test_every_page_leads_to_it(client, db):
    assert 'href="/status"' in client.get("/accounts/login/").text
