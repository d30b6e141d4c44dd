"""Ids in paths, in the letters that their reader writes: on the API, the pages and the admin."""

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from prometheus_client import REGISTRY

from services.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
ID = UUID("5049f344-65fa-4c0f-a6b9-e95ea6b7a041")


@pytest.fixture
def page(alice) -> Client:
    client = Client()
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def job(alice, no_worker) -> Job:
    alice.post(Prefer="respond-async")
    return Job.objects.get()


def written(address: str, identity: UUID) -> str:
    """As a program writes it that prints ids in capitals."""
    assert str(identity) in address
    return address.replace(str(identity), str(identity).upper())


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_job_is_looked_up_by_its_id_in_capitals(alice, job, slash):
    answer = alice.api.get(f"/v1/jobs/{str(job.pk).upper()}{slash}")
    assert (answer.status_code, answer.json()["job_id"]) == (200, str(job.pk))


def test_a_batch_is_looked_up_by_its_id_in_capitals(alice, no_worker):
    batch = alice.post_batch([b"text"]).json()["batch_id"]
    answer = alice.api.get(f"/v1/batches/{batch.upper()}")
    assert (answer.status_code, answer.json()["batch_id"]) == (200, batch)


def test_a_link_to_a_result_holds_in_capitals(alice, worker, client):
    result = alice.post().json()["result"]
    job = Job.objects.get()
    parts = urlsplit(result["output_url"])
    answer = client.get(written(f"{parts.path}?{parts.query}", job.pk))
    assert len(b"".join(answer.streaming_content)) == job.result_bytes


def test_a_job_of_somebody_else_stays_hidden_in_capitals(bob, job):
    assert bob.api.get(f"/v1/jobs/{str(job.pk).upper()}").status_code == 404


def test_the_page_of_a_job_is_shown_by_its_id_in_capitals(page, job):
    assert page.get(written(reverse("pages:job", args=[job.pk]), job.pk)).status_code == 200


@pytest.mark.parametrize("route", ["admin:services_job_change", "admin:services_job_picture"])
def test_the_admin_finds_a_job_by_its_id_in_capitals(admin_client, job, route):
    more = ["input"] if route.endswith("picture") else []
    address = written(reverse(route, args=[job.pk, *more]), job.pk)
    assert admin_client.get(address).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "5049F344-65fa-4C0F-a6b9-e95ea6b7a04",
        "5049F34465FA4C0FA6B9E95EA6B7A041",
        "5049F344-65FA-4C0F-A6B9-E95EA6B7A04G",
        "%FF049F344-65FA-4C0F-A6B9-E95EA6B7A041",
    ],
)
def test_what_is_no_id_is_not_found(alice, text):
    assert alice.api.get(f"/v1/jobs/{text}").status_code == 404


def test_addresses_of_ours_have_small_letters():
    assert reverse("pages:job", args=[ID]).endswith(f"/{ID}/")


def test_no_route_knows_small_letters_alone():
    assert [route for route in _routes(get_resolver()) if "<uuid:" in route] == []


def test_ids_in_capitals_are_counted_under_the_same_route(client):
    client.get(f"/v1/jobs/{str(ID).upper()}")
    named = [
        sample.labels["route"]
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "maskr_http_requests_total"
    ]
    assert "/v1/jobs/<uuid:job_id>" in named and not any("5049F344" in each for each in named)


def test_the_document_of_the_api_says_that_they_are_uuids(client):
    document = client.get("/docs/openapi?format=json").json()
    [parameter] = [
        each
        for each in document["paths"]["/v1/jobs/{job_id}"]["get"]["parameters"]
        if each["in"] == "path"
    ]
    assert parameter["schema"] == {"type": "string", "format": "uuid"}


def _routes(resolver, prefix: str = ""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern, route)
        else:
            yield route
