"""What object extraction refuses, by which field, and uncharged."""

import numpy as np
import pytest
from PIL import Image

from services.models import Job
from tests.pictures import encoded, picture
from tests.services.extracting import CLICK, SIZE, extract, mask, noise, problem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


def test_neither_mask_nor_prompts_is_a_missing_mask(alice):
    assert extract(alice).json() == {
        "detail": [
            {"loc": ["body", "mask"], "msg": "field required", "type": "value_error.missing"}
        ]
    }


def test_mask_and_prompts_together_are_refused(alice):
    response = extract(alice, CLICK, mask_file=mask())
    assert problem(response) == (422, ["body", "mask"], "value_error.choice")


def test_a_mask_of_another_size_is_refused(alice):
    response = extract(alice, mask_file=mask(95, 64))
    assert problem(response) == (422, ["body", "mask"], "value_error.dimensions")


def test_a_mask_that_is_no_picture_is_refused(alice):
    response = extract(alice, mask_file=b"not a picture")
    assert problem(response) == (422, ["body", "mask"], "value_error.image")


def test_a_mask_found_damaged_in_the_worker_is_refused_as_the_mask(alice):
    response = extract(alice, mask_file=mask()[:-30])
    assert problem(response) == (422, ["body", "mask"], "value_error.image")


@pytest.mark.parametrize(
    ("value", "query"), [(0, ""), (255, "?invert=true")], ids=["black", "white and inverted"]
)
def test_a_mask_that_keeps_nothing_is_refused_uncharged(alice, value, query):
    plain = encoded(Image.new("L", SIZE, value))
    response = extract(alice, query, mask_file=plain)
    assert (problem(response), alice.balance) == (
        (422, ["body", "mask"], "value_error.image"),
        10_000,
    )


def test_a_black_shape_on_transparent_ground_is_no_mask(alice):
    """What brushes of many programs draw: no pixel of it is white."""
    black = Image.new("RGBA", SIZE)
    black.paste((0, 0, 0, 255), (20, 20, 60, 50))
    response = extract(alice, mask_file=encoded(black))
    assert problem(response) == (422, ["body", "mask"], "value_error.image")


def test_an_image_that_is_no_picture_is_refused(alice):
    response = extract(alice, image=b"not a picture", mask_file=mask())
    assert problem(response) == (422, ["body", "image"], "value_error.image")


@pytest.mark.parametrize(
    ("query", "field", "kind"),
    [
        ("?points=[[96,10]]", "points", "number"),
        ("?points=[[-1,10]]", "points", "number"),
        ("?points=[[10,64]]", "points", "number"),
        ("?box=[0,0,97,64]", "box", "number"),
        ("?box=[-1,0,90,64]", "box", "number"),
        ("?box=[50,0,10,64]", "box", "number"),
        ("?points=[[1,2]", "points", "json"),
        ('?points=[["1","2"]]', "points", "number"),
        ("?points=[[NaN,2]]", "points", "json"),
        ("?points=[[[1],2]]", "points", "number"),
        ("?points=[[1,2]]&labels=[1,0]", "labels", "number"),
        ("?points=[[1,2]]&labels=[2]", "labels", "choice"),
        ("?points=[[1,2]]&labels=[0]", "labels", "choice"),
        (f"?points={[[1, 1]] * 65}", "points", "number"),
        (f"?points={[[1, 1]] * 10_000}", "points", "json"),
        (f"{CLICK}&feather=51", "feather", "number"),
        (f"{CLICK}&feather=-1", "feather", "number"),
        (f"{CLICK}&feather=2.5", "feather", "number"),
        (f"{CLICK}&output_format=jpg", "output_format", "choice"),
        (f"{CLICK}&quality=finest", "quality", "choice"),
        (f"{CLICK}&invert=perhaps", "invert", "choice"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(alice, query, field, kind):
    response = extract(alice, query.replace(" ", ""))
    assert problem(response) == (422, ["query", field], f"value_error.{kind}")


@pytest.fixture
def half_seen() -> bytes:
    """A picture whose left half is transparent."""
    pixels = np.dstack([np.asarray(noise()), np.full((64, 96), 255, np.uint8)])
    pixels[:, :48, 3] = 0
    return encoded(Image.fromarray(pixels))


def left_half() -> bytes:
    pixels = np.zeros((64, 96), np.uint8)
    pixels[:, :48] = 255
    return encoded(Image.fromarray(pixels))


def test_a_mask_that_keeps_only_what_is_transparent_is_refused_and_costs_nothing(alice, half_seen):
    response = extract(alice, image=half_seen, mask_file=left_half())
    assert problem(response) == (422, ["body", "mask"], "value_error.image")
    assert alice.balance == 10_000


def test_a_mask_that_keeps_something_beside_what_is_transparent_is_served(alice, half_seen):
    response = extract(alice, image=half_seen, mask_file=mask())
    assert response.json()["status"] == "completed"


def test_refused_requests_cost_nothing(alice):
    extract(alice, "?points=[[96,10]]")
    assert (alice.balance, Job.objects.count()) == (10_000, 0)


def test_a_key_for_other_services_is_refused(alice):
    alice.key.scopes = ["background-removal"]
    alice.key.save()
    assert extract(alice, mask_file=mask()).status_code == 403


def test_a_test_key_s_mask_of_yet_another_size_is_refused(new_customer):
    carol = new_customer("carol@example.com", 0, mode="test")
    response = extract(carol, image=picture(width=1024, height=256), mask_file=mask(512, 127))
    assert problem(response) == (422, ["body", "mask"], "value_error.dimensions")


def test_a_live_key_s_mask_has_the_size_of_the_picture(alice):
    response = extract(alice, image=picture(width=1024, height=256), mask_file=mask(512, 128))
    assert problem(response) == (422, ["body", "mask"], "value_error.dimensions")
