"""Requests by route: the labels are ours, whatever a client sends."""

import pytest
from django.test import RequestFactory
from prometheus_client import REGISTRY

from maskr_site.metrics import requests
from tests.site.metrics.counting import Growth


def routes() -> set[str]:
    """Every route that was counted in this process."""
    families = [family for family in REGISTRY.collect() if family.name == "maskr_http_requests"]
    return {sample.labels["route"] for family in families for sample in family.samples}


def test_a_request_is_counted_by_method_route_and_status(client):
    grown = Growth("maskr_http_requests_total", method="GET", route="/health", status="200")
    client.get("/health")
    assert grown() == 1


def test_a_request_is_timed(client):
    name = "maskr_http_request_duration_seconds_count"
    grown = Growth(name, method="GET", route="/health")
    client.get("/health")
    assert grown() == 1


def test_the_time_is_that_of_the_request(client):
    grown = Growth("maskr_http_request_duration_seconds_sum", method="GET", route="/health")
    client.get("/health")
    assert 0 < grown() < 5


def test_a_refusal_is_counted_with_its_status(client, db):
    grown = Growth("maskr_http_requests_total", method="GET", route="/v1/account", status="404")
    client.get("/v1/account")
    other = Growth("maskr_http_requests_total", method="POST", route="/health", status="405")
    client.post("/health")
    assert (grown(), other()) == (0, 1)


def test_ids_in_a_path_do_not_become_routes(client, db):
    client.get("/v1/jobs/5049f344-65fa-4c0f-a6b9-e95ea6b7a041")
    assert "/v1/jobs/<uuid:job_id>" in routes() and not any("5049f344" in one for one in routes())


def test_any_number_of_unknown_paths_is_one_route(client, db):
    client.get("/wp-login.php")
    before = routes()
    for number in range(50):
        client.get(f"/nothing/{number}?x={number}")
    assert routes() == before


def test_any_number_of_files_is_one_route(client, db):
    client.get("/static/none.css")
    before = routes()
    client.get("/static/none-either.css")
    assert routes() == before and "static" in before


def test_a_made_up_method_is_another_one(client, db):
    grown = Growth("maskr_http_requests_total", method="other", route="/health", status="405")
    client.generic("BREW", "/health")
    assert grown() == 1


def test_nobody_is_in_flight_when_all_is_answered(client):
    client.get("/health")
    assert REGISTRY.get_sample_value("maskr_http_requests_in_flight") == 0


def test_a_request_counts_as_in_flight_while_it_is_answered():
    seen = []

    def view(_request):
        seen.append(REGISTRY.get_sample_value("maskr_http_requests_in_flight"))
        raise ValueError

    with pytest.raises(ValueError):
        requests.measure(view)(RequestFactory().get("/"))
    assert (seen, REGISTRY.get_sample_value("maskr_http_requests_in_flight")) == ([1], 0)
