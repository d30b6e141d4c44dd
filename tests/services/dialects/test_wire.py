"""What clients say around the picture: Accept headers, empty and repeated fields, questions of browsers."""

import base64

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageFilter

from services.models import Job
from tests.pictures import disc, encoded, opened, picture
from tests.services.dialects.test_large_base64 import padded
from tests.services.dialects.vendors import BY_BASE64, BY_URL, VENDORS, WRONG, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

EVERY = pytest.mark.parametrize("name", VENDORS)
NEGOTIATING = pytest.mark.parametrize("name", ["removebg", "photoroom"])
REMOVEBG, SLAZZER = VENDORS["removebg"], VENDORS["slazzer"]
CLIPDROP = VENDORS["clipdrop"]
N8N = (
    "application/json,text/html,application/xhtml+xml,application/xml,"
    "text/*;q=0.9, image/*;q=0.8, */*;q=0.7"
)


def first_code(response) -> str:
    return response.json()["errors"][0]["code"]


@NEGOTIATING
@pytest.mark.parametrize(
    "accept",
    [
        "application/json, text/plain, */*",
        N8N,
        "image/png, application/json",
        "application/json;q=0, */*",
        "application/json; charset=utf-8;q=0, text/html",
    ],
    ids=["axios", "n8n", "either", "no JSON", "no JSON in UTF-8"],
)
def test_whoever_takes_a_picture_gets_one(alice, name, accept):
    response = send(alice.api, VENDORS[name], headers={"Accept": accept})
    assert response["Content-Type"] == "image/png"


@NEGOTIATING
@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "Application/JSON, text/*;q=0.9",
        "application/json; charset=utf-8",
        "application/json;odata=verbose;q=0.5",
    ],
)
def test_whoever_takes_json_and_no_picture_gets_json(alice, name, accept):
    response = send(alice.api, VENDORS[name], headers={"Accept": accept})
    assert response["Content-Type"] == "application/json"


@NEGOTIATING
def test_an_accept_header_that_cannot_be_read_gets_the_picture(alice, name):
    response = send(alice.api, VENDORS[name], headers={"Accept": "application/json;q=much"})
    assert response.status_code == 200


@pytest.mark.parametrize(("name", "option"), [pair for pair in WRONG if pair[0] != "picsart"])
def test_an_empty_option_is_one_that_was_not_sent(alice, name, option):
    assert send(alice.api, VENDORS[name], **{option: ""}).status_code == 200


def test_every_option_of_picsart_may_be_empty(alice):
    fields = dict.fromkeys(VENDORS["picsart"].wrong, "")
    assert send(alice.api, VENDORS["picsart"], **fields).status_code == 200


@pytest.mark.parametrize("value", ["", "false", "true"], ids=["empty", "false", "true"])
def test_semitransparency_keeps_soft_edges_whatever_it_says(alice, value):
    soft = encoded(disc().convert("RGB").filter(ImageFilter.GaussianBlur(6)))
    sent, left_out = (
        np.asarray(opened(send(alice.api, REMOVEBG, soft, **fields).content))
        for fields in ({"semitransparency": value}, {})
    )
    assert np.array_equal(sent, left_out)


def test_an_empty_type_is_no_hint(alice):
    assert send(alice.api, REMOVEBG, type="")["X-Type"] == "other"


@EVERY
def test_a_picture_sent_twice_is_400_and_places_nothing(alice, name):
    vendor = VENDORS[name]
    files = [SimpleUploadedFile("a.png", picture()), SimpleUploadedFile("b.png", picture())]
    extra = {field: SimpleUploadedFile(field, data) for field, data in vendor.extra.items()}
    body = {vendor.file_field: files, **extra}
    response = alice.api.post(vendor.path, body, format="multipart")
    assert (response.status_code, Job.objects.count()) == (400, 0)


ALIASES = {"poof": ("image_file", "file"), "backgrounderase": ("image_file", "image")}


@pytest.mark.parametrize("name", ALIASES)
def test_the_same_picture_under_each_of_its_names_is_one(alice, name):
    body = {field: SimpleUploadedFile("a.png", picture()) for field in ALIASES[name]}
    response = alice.api.post(VENDORS[name].path, body, format="multipart")
    assert (response.status_code, alice.balance) == (200, 10_000 - VENDORS[name].price)


@pytest.mark.parametrize(("name", "megabytes"), [("poof", 19), ("backgrounderase", 29)])
def test_so_is_one_near_the_limit(alice, name, megabytes):
    body = {field: SimpleUploadedFile("a.jpg", padded(megabytes)) for field in ALIASES[name]}
    assert alice.api.post(VENDORS[name].path, body, format="multipart").status_code == 200


@pytest.mark.parametrize("name", ALIASES)
def test_different_pictures_under_different_names_are_400(alice, name):
    body = {
        field: SimpleUploadedFile("a.png", picture(width=40 + place))
        for place, field in enumerate(ALIASES[name])
    }
    response = alice.api.post(VENDORS[name].path, body, format="multipart")
    assert (response.status_code, alice.balance) == (400, 10_000)


@pytest.mark.parametrize("name", BY_BASE64)
def test_base64_sent_twice_is_400(alice, name):
    vendor = VENDORS[name]
    text = base64.b64encode(picture()).decode()
    body = {vendor.base64_field: [text, text]}
    assert alice.api.post(vendor.path, body, format="multipart").status_code == 400


def test_two_pictures_in_one_field_are_multiple_sources(alice):
    files = [SimpleUploadedFile("a.png", picture()), SimpleUploadedFile("b.png", picture())]
    response = alice.api.post(REMOVEBG.path, {"image_file": files}, format="multipart")
    assert first_code(response) == "multiple_sources"


@pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
def test_a_field_that_is_empty_once_is_not_repeated(alice, order):
    text = base64.b64encode(picture()).decode()
    body = {"image_file_b64": ["", text][::order]}
    assert alice.api.post(REMOVEBG.path, body, format="multipart").status_code == 200


@pytest.mark.parametrize("kind", ["multipart", "json"])
def test_an_empty_field_leaves_that_of_the_address(alice, kind):
    body = {"image_file_b64": base64.b64encode(picture()).decode(), "format": ""}
    answer = alice.api.post(f"{REMOVEBG.path}?format=jpg", body, format=kind)
    assert answer["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(
    "text", ["photo.png", "ftp://a.example/b.png", "file:///etc/passwd", "data:image/png;base64,A"]
)
@pytest.mark.parametrize(
    ("field", "code"),
    [("image_url", "invalid_image_url"), ("bg_image_url", "invalid_bg_image_url")],
)
def test_what_is_no_web_address_has_its_own_code(alice, field, code, text):
    image = b"" if field == "image_url" else None
    assert first_code(send(alice.api, REMOVEBG, image, **{field: text})) == code


@pytest.mark.parametrize("name", BY_URL)
def test_what_is_no_web_address_is_400_and_says_what_is_one(alice, name):
    vendor = VENDORS[name]
    response = alice.api.post(vendor.path, {vendor.url_field: "photo.png"}, format="json")
    assert (response.status_code, b"https://" in response.content) == (400, True)


@pytest.mark.parametrize(
    ("name", "colour"),
    [("removebg", "bg_color"), ("slazzer", "bg_color_code"), ("picsart", "bg_color")],
)
def test_two_backgrounds_are_refused_before_one_is_fetched(alice, name, colour):
    fields = {colour: "red", "bg_image_url": "http://127.0.0.1/a.png"}
    response = send(alice.api, VENDORS[name], **fields)
    assert (response.status_code, b"background" in response.content) == (400, True)
    assert b"fetched" not in response.content


@pytest.mark.parametrize("name", ["removebg", "slazzer", "picsart"])
def test_a_missing_picture_is_told_before_a_background_is_fetched(alice, name):
    response = send(alice.api, VENDORS[name], b"", bg_image_url="http://127.0.0.1/a.png")
    assert (response.status_code, b"fetched" in response.content) == (400, False)


BACKGROUND_FILES = {"removebg": "bg_image_file", "slazzer": "bg_image_file", "picsart": "bg_image"}


@pytest.mark.parametrize("name", BACKGROUND_FILES)
def test_a_text_in_the_place_of_a_background_is_400_and_says_how_to_send_one(alice, name):
    field = BACKGROUND_FILES[name]
    response = send(alice.api, VENDORS[name], **{field: "ground.png"})
    told = f"-F {field}=@" in response.content.decode()
    assert (response.status_code, told, alice.balance) == (400, True, 10_000)


@pytest.mark.parametrize("name", BACKGROUND_FILES)
def test_an_empty_text_in_the_place_of_a_background_is_none(alice, name):
    assert send(alice.api, VENDORS[name], **{BACKGROUND_FILES[name]: ""}).status_code == 200


@pytest.mark.parametrize("path", ["/v1.0/removebg", "/v1.0/account", "/v1.0/improve"])
def test_a_browser_may_ask_remove_bg_without_a_key_whether_to_send_one(client, db, path):
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key",
    }
    response = client.options(path, headers=asked)
    allowed = response["Access-Control-Allow-Headers"].lower().split(", ")
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (204, "*")
    assert "x-api-key" in allowed


@pytest.mark.parametrize(
    "path", ["/v1.0/account", "/v1/account", "/v2/account", "/v1/me", "/tools/1.0/balance"]
)
def test_what_an_account_reads_lies_in_no_cache(alice, path):
    assert "no-store" in alice.api.get(path).headers.get("Cache-Control", "")


def test_a_job_with_its_links_lies_in_no_cache(alice):
    send(alice.api, VENDORS["picsart"])
    answer = alice.api.get(f"/v1/jobs/{Job.objects.get().pk}")
    assert "no-store" in answer.headers.get("Cache-Control", "")


def test_a_small_size_of_slazzer_costs_what_a_preview_costs(alice):
    send(alice.api, SLAZZER, size="preview")
    assert alice.balance == 10_000 - 25


def test_another_format_under_the_same_key_is_422(alice):
    answers = [
        send(alice.api, CLIPDROP, headers={"Idempotency-Key": "one", "Accept": kind})
        for kind in ("image/png", "image/webp")
    ]
    assert [answer.status_code for answer in answers] == [200, 422]


@EVERY
def test_another_picture_under_the_same_key_is_422(alice, name):
    answers = [
        send(alice.api, VENDORS[name], image, headers={"Idempotency-Key": "one"})
        for image in (picture(), encoded(Image.new("RGB", (96, 64), "white")))
    ]
    assert [answer.status_code for answer in answers] == [200, 422]


def improve(customer, image=None):
    fields = {"image_file": SimpleUploadedFile("a.png", picture() if image is None else image)}
    sent = {"Idempotency-Key": "one"}
    return customer.api.post("/v1.0/improve", fields, format="multipart", headers=sent)


def test_an_improvement_sent_again_under_its_key_is_answered_with_the_same_id(alice):
    first, second = (improve(alice) for _ in range(2))
    assert (second["Idempotent-Replayed"], second.json()) == ("true", first.json())


def test_the_repeated_answer_to_an_improvement_may_be_read_by_any_page(alice):
    improve(alice)
    assert improve(alice)["Access-Control-Allow-Origin"] == "*"


def test_another_improvement_under_the_same_key_is_422(alice):
    other = encoded(Image.new("RGB", (96, 64), "white"))
    assert [improve(alice).status_code, improve(alice, other).status_code] == [200, 422]


def test_an_improvement_that_was_refused_keeps_no_key(alice):
    assert [improve(alice, b"none").status_code, improve(alice).status_code] == [400, 200]
