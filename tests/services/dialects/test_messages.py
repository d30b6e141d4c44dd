"""Refusals tell what to do: which field, in which form, with which values."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.pictures import picture
from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
EVERY = pytest.mark.parametrize("name", VENDORS)
PATHS = [vendor.path for vendor in VENDORS.values()]
#: Whose own sentences are documented, and stay as they are.
SILENT = {"photoroom", "slazzer"}
FORGOTTEN_AT = {
    "/v1/services/background-removal": "file",
    "/v1/services/background-removal/batch": "files",
    "/v1/services/image-segmentation?points=[[9,9]]": "file",
    "/v1/services/object-extraction?points=[[9,9]]": "image",
    "/v1/services/object-removal?points=[[9,9]]": "image",
    "/v1/services/object-removal/batch": "images",
}


@pytest.mark.parametrize("name", sorted(set(VENDORS) - SILENT))
def test_a_missing_picture_is_told_with_the_names_that_it_may_have(alice, name):
    vendor = VENDORS[name]
    told = send(alice.api, vendor, b"").content.decode()
    named = [vendor.file_field, vendor.url_field, vendor.base64_field]
    assert [field for field in filter(None, named) if field not in told] == []


@EVERY
def test_a_name_in_the_place_of_the_file_is_told_how_to_send_files(alice, name):
    vendor = VENDORS[name]
    body = {vendor.file_field: "photo.jpg"}
    response = alice.api.post(vendor.path, body, format="multipart")
    told = f"-F {vendor.file_field}=@"
    assert (response.status_code, told in response.content.decode()) == (400, True)


@pytest.mark.parametrize(
    "data", [b"no picture", b"", picture()[:200]], ids=["none", "empty", "damaged"]
)
@pytest.mark.parametrize(
    ("name", "field"),
    [("removebg", "bg_image_file"), ("slazzer", "bg_image_file"), ("picsart", "bg_image")],
)
def test_a_wrong_background_is_not_told_as_a_wrong_picture(alice, name, field, data):
    response = send(alice.api, VENDORS[name], **{field: SimpleUploadedFile("ground.png", data)})
    told = "The background cannot be used. " in response.content.decode()
    assert (response.status_code, told) == (400, True)


def test_a_missing_mask_is_told_with_its_name(alice):
    vendor = VENDORS["clipdrop cleanup"]
    response = alice.api.post(vendor.path, {"image_file": _file()}, format="multipart")
    assert response.json() == {"error": "No mask given. Send it as mask_file."}


@pytest.mark.parametrize(("path", "field"), FORGOTTEN_AT.items())
def test_a_service_tells_how_to_send_files_where_a_text_came(alice, path, field):
    response = alice.api.post(path, {field: "photo.jpg"}, format="multipart")
    told = [f"-F {field}=@" in found["msg"] for found in response.json()["detail"]]
    assert (response.status_code, told) == (422, [True])


def test_a_mask_that_came_as_a_text_is_not_passed_over(alice):
    body = {"image": _file(), "mask": "mask.png"}
    path = "/v1/services/object-extraction?points=[[9,9]]"
    detail = alice.api.post(path, body, format="multipart").json()["detail"]
    assert detail[0]["loc"] == ["body", "mask"]


def test_an_empty_text_in_the_place_of_a_mask_is_none(alice):
    body = {"image": _file(), "mask": ""}
    path = "/v1/services/object-extraction?points=[[9,9]]"
    assert alice.api.post(path, body, format="multipart").status_code == 200


@pytest.mark.parametrize(
    ("name", "option", "value", "sentence"),
    [
        ("removebg", "scale", "half", "expected original or a percentage from 10% to 100%"),
        ("removebg", "position", "top", "expected original, center, or one or two percentages"),
        ("poof", "crop", "square", "expected true, false or a ratio such as 4:3"),
    ],
)
def test_a_wrong_option_is_told_all_that_it_may_be(alice, name, option, value, sentence):
    response = send(alice.api, VENDORS[name], **{option: value})
    assert sentence in response.content.decode()


@pytest.mark.parametrize("name", sorted(set(VENDORS) - {"backgrounderase"}))
def test_a_body_of_another_type_is_told_the_types_that_there_are(alice, name):
    response = alice.api.generic("POST", VENDORS[name].path, picture(), content_type="image/png")
    assert b"Send multipart/form-data or " in response.content


def test_a_service_asks_for_a_form_where_json_came(alice):
    path = "/v1/services/background-removal"
    response = alice.api.post(path, {"file": "photo.jpg"}, format="json")
    assert response.json()["detail"].endswith("Send multipart/form-data.")


@pytest.mark.parametrize("path", ["/v1/services/background-removal", *PATHS])
def test_a_form_whose_header_was_written_by_hand_is_told_to_leave_it(alice, path):
    response = alice.api.generic("POST", path, b"--x", content_type="multipart/form-data")
    told = b"Let your HTTP client write that header" in response.content
    assert (response.status_code, told) == (400, True)


@pytest.mark.parametrize("name", ["removebg", "photoroom", "poof", "picsart"])
def test_a_wrong_key_is_told_the_header_that_the_vendor_s_clients_send(alice, name):
    vendor = VENDORS[name]
    client = APIClient(headers={vendor.header: "sk-live-nonsense"})
    assert f"Check your {vendor.header} header." in send(client, vendor).content.decode()


@pytest.mark.parametrize(
    ("query", "looks"),
    [
        ("points=100,200", "[[100,200],[300,400]]"),
        ("points=[[1,2]]&labels=1", "[1,0]"),
        ("points=[[1,2]]&labels=a", "[1,0]"),
        ("box=1,2,3,4", "[10,20,300,400]"),
    ],
)
def test_prompts_that_are_no_json_are_told_how_they_look(alice, query, looks):
    path = f"/v1/services/image-segmentation?{query}"
    response = alice.api.post(path, {"file": _file()}, format="multipart")
    assert looks in response.json()["detail"][0]["msg"]


def test_a_batch_with_prompts_in_the_place_of_masks_is_told_that_it_takes_none(alice):
    path = "/v1/services/object-removal/batch?points=[[9,9]]"
    response = alice.api.post(path, {"images": _file()}, format="multipart")
    assert response.json()["detail"][0]["msg"].startswith("A batch takes masks;")


def _file():
    return SimpleUploadedFile("photo.png", picture())
