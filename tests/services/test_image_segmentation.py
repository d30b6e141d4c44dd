"""POST /v1/services/image-segmentation: contract compat section 8."""

import json
from urllib.parse import urlencode

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.conftest import REMOVAL, SEGMENTATION
from tests.pictures import disc, opened, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

CLICK = "?points=[[32,32]]"


def problem(response) -> tuple[int, list[str], str]:
    (detail,) = response.json()["detail"]
    return response.status_code, detail["loc"], detail["type"]


def overlap(image) -> float:
    selected, subject = np.asarray(image) > 127, np.asarray(disc().convert("L")) > 127
    return (selected & subject).sum() / (selected | subject).sum()


@pytest.mark.parametrize(
    "query", [CLICK, "?box=[14,14,50,50]", "?box=[14,14,50,50]&points=[[32,32]]"]
)
def test_the_mask_is_white_where_the_prompts_point(alice, query):
    result = alice.send(SEGMENTATION, {"file": picture()}, query).json()["result"]
    assert overlap(opened(alice.download(result))) > 0.8


@pytest.mark.parametrize("path", [SEGMENTATION, f"{SEGMENTATION}/batch", REMOVAL])
def test_clicks_that_only_say_what_is_not_wanted_are_refused_and_cost_nothing(alice, path):
    field = "image" if path == REMOVAL else "files" if path.endswith("batch") else "file"
    response = alice.send(path, {field: picture()}, "?points=[[32,32]]&labels=[0]")
    assert (response.status_code, alice.balance) == (422, 10_000)


def test_returns_a_greyscale_png_of_the_size_of_the_picture(alice):
    result = alice.send(SEGMENTATION, {"file": picture()}, CLICK).json()["result"]
    mask = opened(alice.download(result))
    assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (96, 64))


@pytest.mark.parametrize("place", ["query", "body"])
@pytest.mark.parametrize("name", ["points", "labels", "box"])
def test_half_a_letter_in_a_prompt_is_422(alice, place, name):
    text = json.dumps(["\ud800"])
    fields = {"points": "[[32,32]]", name: text}
    query = f"?{urlencode(fields)}" if place == "query" else ""
    body = {"file": SimpleUploadedFile("a.png", picture())}
    body |= fields if place == "body" else {}
    response = alice.api.post(SEGMENTATION + query, body, format="multipart")
    assert problem(response)[:2] == (422, [place, name])


def test_costs_one_credit(alice):
    result = alice.send(SEGMENTATION, {"file": picture()}, CLICK).json()["result"]
    assert (result["credits_used"], alice.balance) == (1, 10_000 - 100)


def test_says_which_engine_served(alice):
    response = alice.send(SEGMENTATION, {"file": picture()}, CLICK)
    assert response["X-Maskr-Engine"] == "u2netp+grabcut"


def test_prompts_are_required(alice):
    response = alice.send(SEGMENTATION, {"file": picture()})
    assert problem(response) == (422, ["query", "points"], "value_error.missing")


def test_an_empty_list_of_points_is_no_prompt(alice):
    response = alice.send(SEGMENTATION, {"file": picture()}, "?points=[]")
    assert problem(response) == (422, ["query", "points"], "value_error.missing")


def test_a_file_is_required(alice):
    response = alice.send(SEGMENTATION, {}, CLICK)
    assert problem(response) == (422, ["body", "file"], "value_error.missing")


def test_prompts_may_come_in_the_form(alice):
    from django.core.files.uploadedfile import SimpleUploadedFile

    body = {"file": SimpleUploadedFile("a.png", picture()), "points": "[[200,1]]"}
    response = alice.api.post(SEGMENTATION, body, format="multipart")
    assert problem(response) == (422, ["body", "points"], "value_error.number")


def test_a_batch_applies_the_same_prompts_to_every_file(alice):
    files = {"files": [picture(), picture("JPEG")]}
    results = alice.send(f"{SEGMENTATION}/batch", files, CLICK).json()["results"]
    assert min(overlap(opened(alice.download(result))) for result in results) > 0.8


def test_a_picture_too_small_for_the_prompts_fails_alone(alice):
    files = {"files": [picture(), picture(width=20, height=20)]}
    body = alice.send(f"{SEGMENTATION}/batch", files, CLICK).json()
    assert [result["status"] for result in body["results"]] == ["completed", "failed"]


def test_a_batch_needs_prompts_too(alice):
    response = alice.send(f"{SEGMENTATION}/batch", {"files": [picture()]})
    assert problem(response) == (422, ["query", "points"], "value_error.missing")
