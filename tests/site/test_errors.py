"""Addresses that do not exist."""

import errno
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from maskr_site.errors import server_error
from services.errors import ResultAway

pytestmark = pytest.mark.django_db


def test_an_api_client_gets_json(client):
    assert client.get("/v1/nothing").json() == {"detail": "Not found."}


def test_a_browser_gets_a_page_with_a_way_on(client):
    response = client.get("/nothing", headers={"Accept": "text/html"})
    way_on = b'<a class="button" href="/">To the front page</a>'
    assert (response.status_code, way_on in response.content) == (404, True)


def test_the_dashboard_needs_no_slash(client):
    assert client.get("/account")["Location"] == "/account/"


def test_a_failure_says_that_nothing_was_charged(client):
    response = server_error(RequestFactory().get("/v1/x"))
    assert (response.status_code, b"not charged" in response.content) == (500, True)


@pytest.mark.parametrize(
    "failure", [OperationalError("away"), OSError(errno.ENOSPC, "full"), ResultAway(uuid4())]
)
def test_a_part_that_is_away_is_said_to_be_tried_again(failure):
    request = RequestFactory().get("/v1/x")
    try:
        raise failure
    except type(failure):
        response = server_error(request)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
