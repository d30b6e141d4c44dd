"""Addresses that do not exist."""

import errno
from uuid import uuid4

import pytest
import redis
from django.db import OperationalError
from django.test import Client, RequestFactory
from pytest_django.asserts import assertContains, assertNotContains

from maskr_site.errors import server_error
from services.errors import ResultAway

pytestmark = pytest.mark.django_db


def test_an_api_client_gets_json(client):
    assert client.get("/v1/nothing").json() == {"detail": "Not found."}


def test_a_browser_gets_a_page_with_a_way_on(client):
    response = client.get("/nothing", headers={"Accept": "text/html"})
    way_on = b'<a class="button" href="/">To the front page</a>'
    assert (response.status_code, way_on in response.content) == (404, True)


def test_a_form_from_before_signing_in_elsewhere_is_refused_with_a_way_on(alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    response = strict.post("/account/keys/?x=1", {"name": "mine"})
    way_on = b'href="/account/keys/?x=1">Open the page anew</a>'
    assert (response.status_code, way_on in response.content) == (403, True)


def test_who_may_not_open_a_page_is_told_so_with_a_way_on(alice, client):
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/admin/login/")
    assert response.status_code == 403
    assertContains(response, "Go to the overview", status_code=403)


def test_who_tries_too_often_is_told_to_wait_in_a_page(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "1/m/ip"}
    ask = {"email": "nobody@example.com"}
    client.post("/accounts/password/reset/", ask)
    response = client.post("/accounts/password/reset/", ask)
    assertContains(response, "Wait a few minutes", status_code=429)


@pytest.fixture
def no_redis(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }


def test_who_signs_in_while_redis_is_away_is_asked_to_come_back(client, no_redis):
    client.raise_request_exception = False
    form = {"login": "nobody@example.com", "password": "wrong"}
    response = client.post("/accounts/login/", form, headers={"Accept": "text/html"})
    assert (response.status_code, "Retry-After" in response) == (503, True)


def test_the_dashboard_needs_no_slash(client):
    assert client.get("/account")["Location"] == "/account/"


def test_a_failure_says_that_nothing_was_charged(client):
    response = server_error(RequestFactory().get("/v1/x"))
    assert (response.status_code, b"not charged" in response.content) == (500, True)


def failed_with(failure, **headers):
    request = RequestFactory().get("/x", headers=headers)
    request.request_id = "req_7"  # type: ignore[attr-defined]
    try:
        raise failure
    except type(failure):
        return server_error(request)


def test_people_are_told_the_id_of_a_failure():
    response = failed_with(RuntimeError("it broke"), accept="text/html")
    assertContains(response, "<code>req_7</code>", status_code=500)


def test_people_are_not_told_that_a_charged_picture_was_not():
    response = failed_with(ResultAway(uuid4()), accept="text/html")
    assertContains(response, "charged for as usual", status_code=503)
    assertNotContains(response, "not charged", status_code=503)


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("away"),
        OSError(errno.ENOSPC, "full"),
        redis.ConnectionError("away"),
        ResultAway(uuid4()),
    ],
)
def test_a_part_that_is_away_is_said_to_be_tried_again(failure):
    request = RequestFactory().get("/v1/x")
    try:
        raise failure
    except type(failure):
        response = server_error(request)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
