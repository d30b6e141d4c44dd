"""POST /v1/services/object-extraction/batch: pairs of pictures and masks."""

import numpy as np
import pytest
from PIL import Image

from tests.conftest import EXTRACTION
from tests.pictures import encoded, opened, picture
from tests.services.extracting import CLICK, mask, problem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


def test_a_batch_takes_pairs(alice):
    files = {"images": [picture(), picture("JPEG")], "masks": [mask(), mask()]}
    body = alice.send(f"{EXTRACTION}/batch", files).json()
    assert (body["completed"], body["total_credits_used"]) == (2, 4)


def test_pairs_are_matched_in_the_order_of_upload(alice):
    left, right = np.zeros((64, 96), np.uint8), np.zeros((64, 96), np.uint8)
    left[:, :48], right[:, 48:] = 255, 255
    masks = [encoded(Image.fromarray(side)) for side in (left, right)]
    files = {"images": [picture(), picture()], "masks": masks}
    results = alice.send(f"{EXTRACTION}/batch", files, "?output_format=png").json()["results"]
    alphas = [np.asarray(opened(alice.download(result)))[..., 3] for result in results]
    assert np.array_equal(alphas, [left, right])


def test_a_batch_without_files_is_refused(alice):
    response = alice.send(f"{EXTRACTION}/batch", {"masks": [mask()]})
    assert (response.status_code, response.json()) == (400, {"detail": "No files provided"})


def test_images_without_as_many_masks_are_refused(alice):
    files = {"images": [picture(), picture()], "masks": [mask()]}
    response = alice.send(f"{EXTRACTION}/batch", files)
    assert (response.status_code, alice.balance) == (400, 10_000)


def test_more_than_fifty_pairs_are_refused(alice):
    files = {"images": [picture()] * 51, "masks": [mask()] * 51}
    assert alice.send(f"{EXTRACTION}/batch", files).status_code == 400


@pytest.mark.parametrize("masks", [0, 1, 51])
def test_too_many_pairs_are_told_how_many_may_come(alice, masks):
    files = {"images": [picture()] * 51, "masks": [mask()] * masks}
    told = alice.send(f"{EXTRACTION}/batch", files).json()["detail"]
    assert told == "Too many files; at most 50 pairs are accepted."


def test_fifty_pairs_are_accepted(alice):
    files = {"images": [picture()] * 50, "masks": [mask()] * 50}
    response = alice.send(f"{EXTRACTION}/batch", files, Prefer="respond-async")
    assert response.json()["total_files"] == 50


@pytest.mark.parametrize(
    ("images", "masks", "sentence"),
    [
        ([picture(), picture()], [mask(), mask(10, 10)], "must be the same"),
        ([picture(), picture()], [mask(), b"nothing"], "The mask cannot be used."),
        ([picture(), b"nothing"], [mask(), mask()], "not a known image"),
    ],
    ids=["sizes", "mask", "image"],
)
def test_a_wrong_pair_fails_alone_with_a_sentence(alice, images, masks, sentence):
    body = alice.send(f"{EXTRACTION}/batch", {"images": images, "masks": masks}).json()
    first, second = body["results"]
    assert (first["status"], sentence in (second["error"] or "")) == ("completed", True)


def test_a_batch_refuses_prompts(alice):
    files = {"images": [picture()], "masks": [mask()]}
    response = alice.send(f"{EXTRACTION}/batch", files, CLICK)
    assert problem(response) == (422, ["query", "points"], "value_error.choice")
