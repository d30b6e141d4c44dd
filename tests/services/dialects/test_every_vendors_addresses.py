"""What holds for every compatible endpoint that fetches pictures: where from, and how often."""

import pytest

from accounts.models import User
from tests.services.dialects.vendors import BY_URL, VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


@pytest.mark.parametrize("name", BY_URL)
def test_an_address_from_within_is_400_and_costs_nothing(alice, name):
    vendor = VENDORS[name]
    body = {vendor.url_field: "http://127.0.0.1:8000/health"}
    response = alice.api.post(vendor.path, body, format="json")
    assert (response.status_code, alice.balance) == (400, 10_000)


@pytest.mark.parametrize("name", BY_URL)
def test_two_sources_are_400(alice, name):
    vendor = VENDORS[name]
    response = send(alice.api, vendor, **{vendor.url_field: "http://example.com/a.png"})
    assert response.status_code == 400


@pytest.mark.parametrize("name", BY_URL)
def test_fetches_are_limited_by_account(alice, name, monkeypatch):
    monkeypatch.setattr("services.sources.FETCHES_PER_MINUTE", 2)
    vendor = VENDORS[name]
    body = {vendor.url_field: "http://127.0.0.1/a.png"}
    answers = [alice.api.post(vendor.path, body, format="json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    told = answers[2].headers
    assert (told["RateLimit-Limit"], told["RateLimit-Remaining"]) == ("2", "0")
    assert told["RateLimit-Reset"] == told["Retry-After"]


@pytest.mark.parametrize(("factor", "status"), [(1, 429), (2, 400), (0, 400)])
def test_the_limit_of_fetches_is_multiplied_as_every_limit_of_an_account(
    alice, factor, status, monkeypatch
):
    monkeypatch.setattr("services.sources.FETCHES_PER_MINUTE", 1)
    User.objects.filter(pk=alice.user.pk).update(rate_factor=factor)
    body = {"image_url": "http://127.0.0.1/a.png"}
    answers = [alice.api.post("/v1.0/removebg", body, format="json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, status]


@pytest.mark.parametrize(
    ("name", "header"),
    [("removebg", "X-RateLimit-Limit"), ("picsart", "X-Picsart-Ratelimit-Limit")],
)
def test_a_vendors_own_headers_tell_of_the_limit_of_fetches(alice, name, header, monkeypatch):
    monkeypatch.setattr("services.sources.FETCHES_PER_MINUTE", 1)
    vendor = VENDORS[name]
    body = {vendor.url_field: "http://127.0.0.1/a.png"}
    answer = [alice.api.post(vendor.path, body, format="json") for _ in range(2)][1]
    assert (answer.status_code, answer[header]) == (429, "1")


def test_the_limit_of_fetches_is_told_by_its_name(alice, monkeypatch):
    monkeypatch.setattr("services.sources.FETCHES_PER_MINUTE", 1)
    body = {"url": "http://127.0.0.1/a.png"}
    answer = [alice.api.post("/v1/remove", body, format="json") for _ in range(2)][1]
    sentence = "Rate limit exceeded: at most 1 addresses are fetched a minute."
    assert answer.json()["message"] == sentence
