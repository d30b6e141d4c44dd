"""The OpenAPI document: valid, and complete by the tables that the views read."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

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


@pytest.fixture(scope="module")
def document():
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(public=True)


def test_is_valid(document):
    validate_schema(document)


def test_nothing_had_to_be_guessed(document):
    assert not GENERATOR_STATS


@pytest.mark.parametrize("path", VIEWS)
def test_names_every_field_of_a_compatible_endpoint(document, path):
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    view = VIEWS[path]
    expected = {*view.fields, *view.companions, *view.sources.files, *view.sources.urls}
    assert expected <= set(form["schema"]["properties"])
