import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts import keys, rates
from accounts.models import ApiKey, User
from accounts.throttling import KeyRateThrottle
from tests.accounts.urls import Roomy

pytestmark = pytest.mark.urls("tests.accounts.urls")
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def throttle_once(key: ApiKey) -> bool:
    """What one request with this key meets on a view of 60 a minute."""
    request = Request(APIRequestFactory().get("/roomy"))
    request.user, request.auth = key.user, key
    return KeyRateThrottle().allow_request(request, Roomy())


def unsaved_key(**account) -> ApiKey:
    return ApiKey(user=User(email="load@example.com", **account))


def allowed_of(hits: int, key: ApiKey) -> int:
    with ThreadPoolExecutor(50) as pool:
        return sum(pool.map(lambda _: throttle_once(key), range(hits)))


def test_lets_exactly_sixty_of_three_hundred_simultaneous_requests_pass():
    assert allowed_of(300, unsaved_key()) == 60


@pytest.mark.redis
def test_lets_exactly_sixty_pass_when_counting_in_redis(settings, redis_url):
    settings.REDIS_URL = redis_url
    assert allowed_of(300, unsaved_key()) == 60


@pytest.mark.redis
def test_shares_the_count_between_processes_through_redis(settings, redis_url):
    settings.REDIS_URL = redis_url
    key = unsaved_key()
    assert allowed_of(60, key) == 60
    rates.forget()  # what another process starts from
    assert not throttle_once(key)


def test_counts_every_key_by_itself():
    first, second = unsaved_key(), unsaved_key()
    assert (allowed_of(60, first), allowed_of(60, second)) == (60, 60)


def test_multiplies_the_limit_by_the_factor_of_the_account():
    assert allowed_of(300, unsaved_key(rate_factor=2)) == 120


def test_does_not_limit_an_unlimited_account():
    assert allowed_of(300, unsaved_key(rate_factor=0)) == 300


def test_limits_a_test_key_to_twenty_a_minute():
    key = unsaved_key()
    key.mode = ApiKey.Mode.TEST
    assert allowed_of(60, key) == 20


def test_counts_a_person_without_a_key():
    request = Request(APIRequestFactory().get("/roomy"))
    request.user, request.auth = User(pk=uuid4().int, email="alice@example.com"), None
    throttle = KeyRateThrottle()
    throttle.allow_request(request, Roomy())
    assert throttle.state and throttle.state.remaining == 59


@pytest.fixture
def get(api, plaintext):
    return lambda path: api.get(path, headers={"x-api-key": plaintext})


def test_answers_429_past_the_limit(get):
    assert [get("/limited").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_says_how_long_to_wait(get):
    answer = [get("/limited") for _ in range(4)][-1]
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_counts_the_views_of_one_scope_together(get):
    answers = [get("/limited"), get("/limited-too"), get("/limited"), get("/limited-too")]
    assert answers[-1].status_code == 429


def test_counts_scopes_apart(get):
    for _ in range(4):
        get("/limited")
    assert get("/roomy").status_code == 200


def test_tells_what_remains(get):
    answers = [get("/limited") for _ in range(4)]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]


def test_tells_limit_and_reset(get):
    answer = get("/limited")
    assert answer["RateLimit-Limit"] == "3"
    assert 1 <= int(answer["RateLimit-Reset"]) <= 60


def test_tells_the_limit_on_a_429_too(get):
    answer = [get("/limited") for _ in range(4)][-1]
    assert answer["RateLimit-Limit"] == "3"


def test_tells_the_limit_on_a_server_error_too(get, api):
    api.raise_request_exception = False
    answer = get("/broken")
    assert (answer.status_code, answer["RateLimit-Limit"]) == (500, "60")


def test_says_nothing_of_limits_where_there_are_none(get):
    assert "RateLimit-Limit" not in get("/open")


def test_says_nothing_of_limits_to_an_unlimited_account(get, alice):
    alice.rate_factor = 0
    alice.save()
    assert "RateLimit-Limit" not in get("/limited")


def test_does_not_count_a_request_without_a_valid_key(api, get):
    for _ in range(4):
        api.get("/limited", headers={"x-api-key": "wrong"})
    assert get("/limited")["RateLimit-Remaining"] == "2"


def test_tells_a_test_key_its_own_limit(api, alice):
    _, plaintext = keys.create(alice, "CI", "test")
    assert api.get("/roomy", headers={"x-api-key": plaintext})["RateLimit-Limit"] == "20"


@pytest.fixture
def without_redis(settings, monkeypatch):
    settings.REDIS_URL = NOBODY_LISTENS
    monkeypatch.setattr(rates, "_complained_at", float("-inf"))


def test_lets_requests_pass_while_redis_is_down(get, without_redis):
    assert [get("/limited").status_code for _ in range(5)] == [200] * 5


def test_complains_once_a_minute_while_redis_is_down(get, without_redis, caplog):
    with caplog.at_level(logging.ERROR, logger="accounts.rates"):
        for _ in range(5):
            get("/limited")
    assert [record.name for record in caplog.records] == ["accounts.rates"]
