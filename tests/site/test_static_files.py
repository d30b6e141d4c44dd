"""Files of the pages while web machines of two releases answer beside each other."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

pytestmark = pytest.mark.django_db

STORAGES = settings.STORAGES
OTHERS = "/static/css/maskr.0123456789ab.css"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What `collectstatic` makes of a release."""
    folder = tmp_path_factory.mktemp("release")
    with override_settings(STATIC_ROOT=folder, STORAGES=STORAGES):
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


@pytest.fixture
def released(settings, folder, client):
    settings.STATIC_ROOT = folder
    settings.WHITENOISE_AUTOREFRESH = False
    settings.STORAGES = STORAGES
    return client


def body(response) -> bytes:
    content = b"".join(response.streaming_content)
    response.close()
    return content


def test_a_file_of_another_release_is_this_ones_own(released):
    assert body(released.get(OTHERS)) == body(released.get("/static/css/maskr.css"))


def test_nobody_keeps_it_by_the_others_name(released):
    response = released.get(OTHERS)
    response.close()
    assert response["Cache-Control"] == "no-store"


def test_this_releases_own_are_kept_for_ever(released):
    page = released.get("/", headers={"Accept": "text/html"}).content.decode()
    [name] = set(re.findall(r"/static/css/maskr\.[0-9a-f]{12}\.css", page))
    response = released.get(name)
    response.close()
    assert "immutable" in response["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["none.0123456789ab.css", "css/maskr.0123.css", "css/maskr.none.css"]
)
def test_what_no_release_has_is_not_found(released, name):
    assert released.get(f"/static/{name}").status_code == 404
