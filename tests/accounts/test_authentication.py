import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts import keys
from accounts.authentication import ApiKeyAuthentication, key_from_headers
from accounts.models import ApiKey, User
from tests.accounts.test_keys import SPECIMEN

pytestmark = pytest.mark.urls("tests.accounts.urls")
HEADERS = [
    ("Authorization", "Bearer {}"),
    ("Authorization", "bearer {}"),
    ("Authorization", "TOKEN {}"),
    ("Authorization", "Api-Key {}"),
    ("Authorization", "Bearer   {} "),
    ("x-api-key", "{}"),
    ("API-KEY", "{}"),
    ("X-Picsart-API-Key", "{}"),
    ("X-Picsart-API-Key", "Bearer {}"),
]


@pytest.fixture
def of_state(alice):
    """A key that does not work, for the reason named."""

    def make(state: str) -> str:
        past = timezone.now() - timedelta(seconds=1)
        if state == "malformed":
            return "sk-live-nothing-like-it"
        key, plaintext = keys.create(alice, state, expires_at=past if state == "expired" else None)
        if state == "revoked":
            keys.revoke(key)
        if state == "unknown":
            key.delete()
        return plaintext

    return make


@pytest.mark.parametrize(("header", "value"), HEADERS)
def test_accepts_the_key_in_every_vendors_header(api, key, plaintext, header, value):
    answer = api.get("/open", headers={header: value.format(plaintext)})
    assert answer.json() == {"user": "alice@example.com", "key": str(key.pk)}


def test_passes_over_another_scheme_for_the_key_header(api, plaintext):
    headers = {"Authorization": "Basic dXNlcjpwYXNz", "x-api-key": plaintext}
    assert api.get("/open", headers=headers).status_code == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "sk-live-abc"])
def test_reads_no_key_from_a_header_that_holds_none(rf, value):
    assert key_from_headers(rf.get("/", headers={"Authorization": value})) is None


def test_ignores_a_key_in_the_query(api, plaintext):
    assert api.get(f"/open?api_key={plaintext}").status_code == 401


def test_lets_a_legacy_path_read_its_key_elsewhere(key, plaintext):
    class Legacy(ApiKeyAuthentication):
        def plaintext(self, request: Request) -> str | None:
            return request.query_params.get("api_key")

    request = Request(APIRequestFactory().get("/", {"api_key": plaintext}))
    assert Legacy().authenticate(request) == (key.user, key)


def test_answers_401_without_a_key(api, db):
    answer = api.get("/open")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="maskr"')


@pytest.mark.parametrize("state", ["unknown", "revoked", "expired", "malformed"])
def test_answers_401_with_a_challenge_for_a_key_that_does_not_work(api, of_state, state):
    answer = api.get("/open", headers={"x-api-key": of_state(state)})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="maskr"')


def test_answers_the_same_body_whyever_a_key_does_not_work(api, of_state):
    states = ["unknown", "malformed", "revoked", "expired"]
    answers = [api.get("/open", headers={"x-api-key": of_state(state)}) for state in states]
    assert {answer.content for answer in answers} == {
        b'{"detail":"Missing or invalid API key. Check your Authorization header."}'
    }


def test_answers_403_for_a_suspended_account(api, alice, plaintext):
    User.objects.update(is_active=False)
    answer = api.get("/open", headers={"x-api-key": plaintext})
    assert (answer.status_code, "suspended" in answer.json()["detail"]) == (403, True)


def test_answers_401_for_a_revoked_key_of_a_suspended_account(api, alice, key, plaintext):
    User.objects.update(is_active=False)
    keys.revoke(key)
    assert api.get("/open", headers={"x-api-key": plaintext}).status_code == 401


def test_spends_no_query_on_a_malformed_key(api, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        api.get("/open", headers={"x-api-key": "sk-live-nothing-like-it"})


def test_spends_one_query_on_a_key_just_used(api, plaintext, django_assert_num_queries):
    api.get("/open", headers={"x-api-key": plaintext})
    with django_assert_num_queries(1):
        api.get("/open", headers={"x-api-key": plaintext})


def test_notes_when_and_whence_a_key_was_used(api, key, plaintext):
    api.get("/open", headers={"x-api-key": plaintext}, REMOTE_ADDR="203.0.113.9")
    key.refresh_from_db()
    assert key.last_used_ip == "203.0.113.0/24"
    assert timezone.now() - key.last_used_at < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("scopes", "status"),
    [([], 200), (["object-removal"], 200), (["background-removal", "account:read"], 403)],
)
def test_lets_a_key_do_what_its_scopes_say(api, alice, scopes, status):
    _, plaintext = keys.create(alice, "scoped", scopes=scopes)
    assert api.get("/scoped", headers={"x-api-key": plaintext}).status_code == status


def test_names_the_scope_that_a_key_lacks(api, alice):
    _, plaintext = keys.create(alice, "scoped", scopes=["account:read"])
    answer = api.get("/scoped", headers={"x-api-key": plaintext})
    assert answer.json() == {"detail": "This key does not have the scope object-removal."}


@pytest.mark.parametrize(
    ("ip", "status"),
    [("203.0.113.9", 200), ("::ffff:203.0.113.9", 200), ("2001:db8::1", 200), ("192.0.2.1", 403)],
)
def test_lets_a_key_be_used_from_its_networks_only(api, alice, ip, status):
    networks = ["203.0.113.0/24", "2001:db8::/32"]
    _, plaintext = keys.create(alice, "office", allowed_ips=networks)
    assert api.get("/open", headers={"x-api-key": plaintext}, REMOTE_ADDR=ip).status_code == status


def test_names_the_address_that_a_key_may_not_be_used_from(api, alice):
    _, plaintext = keys.create(alice, "office", allowed_ips=["203.0.113.0/24"])
    answer = api.get("/open", headers={"x-api-key": plaintext}, REMOTE_ADDR="192.0.2.1")
    assert answer.json() == {"detail": "This key may not be used from the address 192.0.2.1."}


def test_believes_no_forwarded_address_without_a_proxy(api, alice):
    _, plaintext = keys.create(alice, "office", allowed_ips=["203.0.113.0/24"])
    headers = {"x-api-key": plaintext, "X-Forwarded-For": "203.0.113.9"}
    assert api.get("/open", headers=headers, REMOTE_ADDR="192.0.2.1").status_code == 403


def test_answers_429_after_twenty_failures_from_one_network(api, db):
    for _ in range(20):
        assert api.get("/open", headers={"x-api-key": SPECIMEN}).status_code == 401
    answer = api.get("/open", headers={"x-api-key": SPECIMEN})
    assert answer.status_code == 429 and int(answer["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        ("198.51.100.1", "198.51.100.250", 429),
        ("198.51.100.1", "198.51.101.1", 401),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 429),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 401),
    ],
)
def test_counts_failures_by_the_network_that_one_person_may_have(api, db, first, then, status):
    for _ in range(20):
        api.get("/open", headers={"x-api-key": SPECIMEN}, REMOTE_ADDR=first)
    answer = api.get("/open", headers={"x-api-key": SPECIMEN}, REMOTE_ADDR=then)
    assert answer.status_code == status


def test_lets_a_valid_key_pass_where_many_failed(api, plaintext):
    for _ in range(25):
        api.get("/open", headers={"x-api-key": SPECIMEN})
    assert api.get("/open", headers={"x-api-key": plaintext}).status_code == 200


def test_counts_no_malformed_keys_as_failures(api, db):
    answers = [api.get("/open", headers={"x-api-key": f"typo-{n}"}) for n in range(25)]
    assert {answer.status_code for answer in answers} == {401}


def test_takes_no_key_identifier_for_a_key(api, key):
    assert isinstance(key.pk, uuid.UUID) and isinstance(key, ApiKey)
    for name in (str(key.pk), key.fingerprint, key.digest, key.masked.replace("…", "")):
        assert api.get("/open", headers={"x-api-key": name}).status_code == 401
