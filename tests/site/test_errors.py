"""Addresses that do not exist."""

import pytest

pytestmark = pytest.mark.django_db


def test_an_api_client_gets_json(client):
    assert client.get("/v1/nothing").json() == {"detail": "Not found."}


def test_a_browser_gets_a_page_with_a_way_on(client):
    response = client.get("/nothing", headers={"Accept": "text/html"})
    assert (response.status_code, b'href="/account/"' in response.content) == (404, True)


def test_the_dashboard_needs_no_slash(client):
    assert client.get("/account")["Location"] == "/account/"


def test_a_failure_says_that_nothing_was_charged(client):
    from django.test import RequestFactory

    from maskr_site.errors import server_error

    response = server_error(RequestFactory().get("/v1/x"))
    assert (response.status_code, b"not charged" in response.content) == (500, True)
