"""The OpenAPI document: valid, and complete by the tables that the views read."""

import json

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rest_framework.test import APIRequestFactory

from services import errors
from services.dialects import backgrounderase, clipdrop, photoroom, picsart, poof, removebg, slazzer

VIEWS = {
    "/v2": backgrounderase.RemoveView,
    "/v1.0/removebg": removebg.RemoveView,
    "/v1/segment": photoroom.SegmentView,
    "/remove-background/v1": clipdrop.RemoveBackgroundView,
    "/cleanup/v1": clipdrop.CleanupView,
    "/v2.0/remove_image_background": slazzer.RemoveView,
    "/tools/1.0/removebg": picsart.RemoveView,
    "/v1/remove": poof.RemoveView,
}
READS = {
    "/v2/account": backgrounderase.AccountView,
    "/v1.0/account": removebg.AccountView,
    "/v1/account": photoroom.AccountView,
    "/tools/1.0/balance": picsart.BalanceView,
    "/v1/me": poof.MeView,
}
OPERATIONS = [*((path, "post") for path in VIEWS), *((path, "get") for path in READS)]
EVERYWHERE = {
    "forbidden": (403, "The key may not do this."),
    "unauthorized": (401, "Missing or invalid API key."),
    "throttled": (429, "Rate limit exceeded."),
    "failed": (500, "Something went wrong."),
    "away": (503, "Busy."),
}
WITH_A_PICTURE = {
    "option": errors.BadOption("size", "expected one of: full"),
    "source": errors.MissingSource(),
    "address": errors.NotFetched("image_url"),
    "picture": errors.BadImage(),
    "pixels": errors.TooManyPixels(),
    "credits": errors.InsufficientCredits(),
    "size": errors.FileTooLarge(9),
    "slow": errors.UploadTooSlow(),
    "coded": errors.CodedBody(),
    "running": errors.IdempotencyConflict(),
    "mismatch": errors.IdempotencyMismatch(),
    "purged": errors.Purged(),
}


@pytest.fixture(scope="module")
def document():
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(public=True)


def test_is_valid(document):
    validate_schema(document)


def test_nothing_had_to_be_guessed(document):
    assert not GENERATOR_STATS


def test_every_operation_has_a_summary(document):
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert [each["operationId"] for each in operations if not each.get("summary")] == []


def test_every_operation_is_listed_once_and_without_a_slash_at_its_end(document):
    assert [path for path in document["paths"] if path.endswith("/")] == []


def test_names_the_server_under_its_public_address(client, settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://maskr.example", ["maskr.example"]
    answer = client.get("/docs/openapi?format=json", headers={"Host": "maskr.example"})
    assert answer.json()["servers"] == [{"url": "https://maskr.example"}]


def test_names_no_server_that_a_page_under_another_name_could_not_reach(client, settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://maskr.example", ["inside"]
    answer = client.get("/docs/openapi?format=json", headers={"Host": "inside"})
    assert "servers" not in answer.json()


def test_is_called_by_its_name_and_version(document):
    assert (document["info"]["title"], document["info"]["version"]) == ("Maskr API", "1")


@pytest.mark.parametrize("path", VIEWS)
def test_names_every_field_of_a_compatible_endpoint(document, path):
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    view = VIEWS[path]
    expected = {*view.fields, *view.companions, *view.sources.files, *view.sources.urls}
    assert expected <= set(form["schema"]["properties"])


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("cause", EVERYWHERE)
def test_a_refusal_that_any_address_may_give_is_described(document, path, method, cause):
    error = errors.ApiError(EVERYWHERE[cause][1])
    error.status = EVERYWHERE[cause][0]
    assert faults(document, path, method, error) == []


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("cause", WITH_A_PICTURE)
def test_a_refusal_of_a_picture_is_described(document, path, cause):
    assert faults(document, path, "post", WITH_A_PICTURE[cause]) == []


@pytest.mark.parametrize("path", VIEWS)
def test_a_compatible_endpoint_tells_of_the_idempotency_key(document, path):
    parameters = document["paths"][path]["post"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["Idempotency-Key"]


@pytest.mark.parametrize("path", VIEWS)
def test_every_option_of_a_compatible_endpoint_tells_its_values(document, path):
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    options = {name: form["schema"]["properties"][name] for name in VIEWS[path].fields}
    assert [name for name, option in options.items() if not option.get("description")] == []


@pytest.mark.parametrize("path", VIEWS)
def test_every_file_of_a_compatible_endpoint_is_a_file(document, path):
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    files = (*VIEWS[path].sources.files, *VIEWS[path].companions)
    assert {form["schema"]["properties"][name]["format"] for name in files} == {"binary"}


def faults(document, path, method, error):
    """What the document does not say of the answer to this error."""
    view = (VIEWS | READS)[path]()
    view.request = view.initialize_request(APIRequestFactory(headers={"X-Api-Key": "x"}).get(path))
    answer = view.render_error(error)
    described = document["paths"][path][method]["responses"].get(str(answer.status_code))
    if described is None:
        return [f"{answer.status_code} is not listed"]
    schema = described["content"]["application/json"]["schema"]
    validator = Draft202012Validator(schema | {"components": document["components"]})
    body = json.loads(json.dumps(answer.data))
    return [fault.message for fault in validator.iter_errors(body)]
