"""Browsers: what they ask before a page may send a key, and what the page may read of the answer."""

import pytest
from rest_framework.test import APIClient

from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

#: Those that pages call; of BackgroundErase's the vendor says that keys belong on servers.
CALLED_FROM_PAGES = [name for name in VENDORS if name != "backgrounderase"]
FROM_PAGES = pytest.mark.parametrize("name", CALLED_FROM_PAGES)
KEY_HEADERS = ["x-api-key", "api-key", "x-picsart-api-key", "authorization"]


def asked(path, *headers):
    """The question of a browser, which holds no key yet."""
    question = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ",".join(headers),
    }
    return APIClient().options(path, headers=question)


@FROM_PAGES
def test_a_page_may_send_a_key(db, name):
    answer = asked(VENDORS[name].path, *KEY_HEADERS)
    allowed = answer["Access-Control-Allow-Headers"].lower().split(", ")
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert set(KEY_HEADERS) <= set(allowed)


@FROM_PAGES
def test_a_page_may_send_what_headers_it_likes(db, name):
    allowed = asked(VENDORS[name].path, "x-picsart-plugin")["Access-Control-Allow-Headers"]
    assert "*" in allowed.split(", ")


@FROM_PAGES
def test_the_question_is_answered_whatever_key_comes_with_it(db, name):
    answer = APIClient(headers={"X-Api-Key": "sk-live-nonsense"}).options(VENDORS[name].path)
    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/v1/account", "/tools/1.0/balance", "/v1/me"])
def test_a_page_may_ask_for_a_balance(db, path):
    answer = asked(path, "x-api-key")
    assert (answer.status_code, "GET" in answer["Access-Control-Allow-Methods"]) == (204, True)


@FROM_PAGES
def test_a_page_may_read_the_answer_and_its_headers(alice, name):
    answer = send(alice.api, VENDORS[name])
    told = answer["Access-Control-Allow-Origin"], answer["Access-Control-Expose-Headers"]
    assert (answer.status_code, *told) == (200, "*", "*")


@FROM_PAGES
def test_a_page_may_read_why_it_was_refused(db, name):
    answer = send(APIClient(), VENDORS[name])
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (
        VENDORS[name].no_key,
        "*",
    )


@FROM_PAGES
def test_a_browsers_question_is_no_way_around_the_key(db, name):
    assert send(
        APIClient(), VENDORS[name], headers={"Origin": "https://shop.example"}
    ).status_code in (
        401,
        403,
    )
