"""A picture up to the vendor's limit may come as text, which is a third longer than the file."""

import base64
import json
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from tests.pictures import picture
from tests.services.dialects.vendors import BY_BASE64, VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

FORM = "application/x-www-form-urlencoded"
#: Within every limit, and as base64 beyond what any of them allows for a file.
BYTES = {"backgrounderase": 24, "photoroom": 24, "removebg": 20, "slazzer": 24}


def padded(megabytes: int) -> bytes:
    """A JPEG of a few pixels and many comments."""
    data = picture("JPEG")
    comment = b"\xff\xfe\xff\xff" + bytes(65_533)
    return data[:2] + comment * (megabytes * 16) + data[2:]


def post(client, path, fields, kind):
    if kind == "json":
        return client.generic("POST", path, json.dumps(fields), content_type="application/json")
    if kind == "form":
        return client.post(path, urlencode(fields), content_type=FORM)
    return client.post(path, fields, format="multipart")


@pytest.mark.parametrize("name", BY_BASE64)
@pytest.mark.parametrize("kind", ["json", "form", "multipart"])
def test_a_picture_near_the_limit_is_taken_as_text(alice, name, kind):
    text = base64.b64encode(padded(BYTES[name])).decode()
    response = post(alice.api, VENDORS[name].path, {VENDORS[name].base64_field: text}, kind)
    assert response.status_code == 200


def test_what_is_no_picture_is_told_so_and_not_too_large(alice):
    body = {"image_base64": base64.b64encode(bytes(24 * 2**20)).decode()}
    response = post(alice.api, "/v2", body, "json")
    assert response.json()["error"]["code"] == "invalid_image"


def test_an_improvement_is_taken_as_text(alice):
    body = {"image_file_b64": base64.b64encode(padded(20)).decode()}
    assert post(alice.api, "/v1.0/improve", body, "json").status_code == 200


def test_a_key_in_the_body_is_found_beside_a_large_picture(alice):
    text = base64.b64encode(padded(29)).decode()
    body = {"image_base64": text, "api_key": alice.plaintext}
    assert post(APIClient(), "/v2", body, "json").status_code == 200


@pytest.mark.parametrize("name", ["backgrounderase", "photoroom"])
def test_a_larger_file_is_still_refused(alice, name):
    response = send(alice.api, VENDORS[name], padded(31))
    assert response.status_code == (413 if name == "backgrounderase" else 400)


def test_vendors_without_base64_refuse_by_the_length_alone(alice):
    body = {"url": "http://example.com/" + "a" * (22 * 2**20)}
    response = post(alice.api, VENDORS["poof"].path, body, "json")
    assert response.json()["code"] == "image_too_large"
