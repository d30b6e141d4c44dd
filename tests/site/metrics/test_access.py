"""Who may read /metrics."""

import pytest

from tests.site.metrics.counting import Growth

TOKEN = "a-token-of-the-operator"


def read(client, **headers):
    return client.get("/metrics", headers=headers).status_code


def test_this_machine_may_read_them(client, db):
    response = client.get("/metrics")
    assert (response.status_code, b"maskr_http_requests_total" in response.content) == (200, True)


def test_they_are_in_the_text_format_of_prometheus(client, db):
    assert client.get("/metrics")["Content-Type"].startswith("text/plain; version=")


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.7", "2001:db8::1", "nonsense", ""])
def test_for_others_they_do_not_exist(client, address):
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])
def test_every_address_of_this_machine_will_do(client, db, address):
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_a_proxy_nobody_told_of_does_not_make_the_world_local(client, header):
    assert read(client, **{header: "127.0.0.1"}) == 404


def test_a_trusted_proxy_tells_who_asks(client, db, settings):
    settings.TRUSTED_PROXIES = 1
    found = [read(client, **{"X-Forwarded-For": ip}) for ip in ("192.0.2.7", "127.0.0.1")]
    assert found == [404, 200]


def test_with_a_token_whoever_holds_it_may_read_them(client, db, settings):
    settings.METRICS_TOKEN = TOKEN
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ä"]
)
def test_with_a_token_nobody_else_may_not_even_from_here(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    assert read(client, Authorization=given) == 404


def test_an_empty_token_is_none(client):
    headers = {"Authorization": "Bearer "}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR="192.0.2.7").status_code == 404


def test_they_are_never_cached(client, db):
    assert "no-store" in client.get("/metrics")["Cache-Control"]


def test_they_take_no_posts(client):
    assert client.post("/metrics").status_code == 405


FOREIGN = {"Host": "10.0.0.7:8000"}


def test_with_a_token_they_are_told_by_any_name(client, db, settings):
    settings.METRICS_TOKEN = TOKEN
    assert read(client, **FOREIGN, Authorization=f"Bearer {TOKEN}") == 200


def test_by_another_name_too_the_token_must_be_given(client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert read(client, **FOREIGN) == 404


def test_without_a_token_they_are_told_by_our_own_names_only(client):
    assert read(client, **FOREIGN) == 400


@pytest.mark.parametrize("path", ["/health/ready", "/status.json", "/", "/metrics/"])
def test_nothing_else_is_told_by_any_name(client, db, settings, path):
    settings.METRICS_TOKEN = TOKEN
    assert client.get(path, headers=FOREIGN).status_code == 400


def test_a_scrape_by_any_name_is_counted_as_one_of_metrics(client, db, settings):
    settings.METRICS_TOKEN = TOKEN
    grown = Growth("maskr_http_requests_total", method="GET", route="/metrics", status="404")
    read(client, **FOREIGN)
    assert grown() == 1
