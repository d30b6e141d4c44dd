"""POST /v1/services/object-removal: founding document 002 and contract v1."""

import json

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from services.models import Job
from tests.conftest import REMOVAL
from tests.inpainting_graphs import tinted
from tests.pictures import encoded, lying, opened, picture
from tests.services.test_background_removal import ENVELOPE, RESULT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

GROUND = (100, 150, 200)


def plain(format: str = "PNG", width: int = 96, height: int = 64, **options) -> bytes:
    return encoded(Image.new("RGB", (width, height), GROUND), format, **options)


def noise(width: int = 96, height: int = 64) -> Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def mask(width: int = 96, height: int = 64, value: int = 255) -> bytes:
    """A square of `value` in the middle of a black mask."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[height // 2 - 8 : height // 2 + 8, width // 2 - 8 : width // 2 + 8] = value
    return encoded(Image.fromarray(pixels))


def remove(customer, image: bytes, mask_file: bytes | None = None, query: str = ""):
    files = {"image": image} | ({"mask": mask_file} if mask_file is not None else {})
    return customer.send(REMOVAL, files, query)


def removed(customer, image: bytes, mask_file: bytes | None = None, query: str = ""):
    result = remove(customer, image, mask_file, query).json()["result"]
    return opened(customer.download(result))


def problem(response) -> tuple[int, list[str], str]:
    (detail,) = response.json()["detail"]
    return response.status_code, detail["loc"], detail["type"]


def test_answers_with_the_founding_envelope_in_its_order(alice):
    body = json.loads(remove(alice, plain(), mask()).content)
    assert [list(body), list(body["result"])] == [ENVELOPE, RESULT]


def test_charges_three_credits(alice):
    result = remove(alice, plain(), mask()).json()["result"]
    assert (result["credits_used"], alice.balance) == (3, 10_000 - 300)


def test_charges_a_removal_by_prompt_as_removal_only(alice):
    result = remove(alice, picture(), query="?points=[[32,32]]").json()["result"]
    assert (result["credits_used"], alice.balance) == (3, 10_000 - 300)


def test_fills_what_the_mask_marks(alice):
    result = np.asarray(removed(alice, plain(), mask()))
    assert result[32, 48] == pytest.approx(tinted(GROUND), abs=2)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_leaves_everything_else_bit_for_bit(alice, format):
    original = noise()
    options = {"lossless": True} if format == "WEBP" else {}
    result = np.asarray(removed(alice, encoded(original, format, **options), mask()))
    outside = np.asarray(opened(mask())) == 0
    assert np.array_equal(result[outside], np.asarray(original)[outside])


@pytest.mark.parametrize(("value", "is_hole"), [(127, False), (128, True)])
def test_grey_values_are_thresholded_at_128(alice, value, is_hole):
    pixels = np.asarray(opened(mask(value=value))).copy()
    pixels[0, 0] = 255  # else there might be nothing to do
    response = remove(alice, plain(), encoded(Image.fromarray(pixels)))
    result = np.asarray(opened(alice.download(response.json()["result"])))
    assert (tuple(result[32, 48]) != GROUND) == is_hole


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_answers_in_the_format_of_the_upload(alice, format):
    assert removed(alice, plain(format), mask()).format == format


def test_a_jpeg_keeps_its_colours_in_full_resolution(alice):
    result = removed(alice, plain("JPEG"), mask())
    assert [layer[1:3] for layer in result.layer] == [(1, 1)] * 3


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_keeps_the_colour_profile(alice, format):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    result = removed(alice, plain(format, icc_profile=profile), mask())
    assert result.info.get("icc_profile") == profile


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_keeps_the_transparency(alice, format):
    rgba = noise().convert("RGBA")
    rgba.putalpha(Image.fromarray(np.tile(np.arange(96, dtype=np.uint8), (64, 1))))
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    result = removed(alice, encoded(rgba, format, **options), mask())
    assert np.array_equal(np.asarray(result)[..., 3], np.asarray(rgba)[..., 3])


def test_the_mask_belongs_to_the_upright_picture(alice):
    assert removed(alice, lying(96, 64), mask(64, 96)).size == (64, 96)


def test_a_mask_made_from_prompts_is_grown(alice):
    result = np.asarray(removed(alice, picture(), query="?points=[[32,32]]"))
    # The white disc and the rim of it, which is neither white nor black.
    assert not (result > 250).all(axis=2).any()


def test_says_which_engines_served(alice):
    by_mask = remove(alice, plain(), mask())["X-Maskr-Engine"]
    by_click = remove(alice, picture(), query="?points=[[32,32]]")["X-Maskr-Engine"]
    assert (by_mask, by_click) == ("migan", "u2netp+grabcut+migan")


def test_an_empty_mask_is_refused(alice):
    response = remove(alice, plain(), mask(value=100))
    assert (problem(response), alice.balance) == (
        (422, ["body", "mask"], "value_error.image"),
        10_000,
    )


def test_a_mask_of_nearly_everything_is_refused(alice):
    whole = encoded(Image.new("L", (96, 64), 255))
    assert problem(remove(alice, plain(), whole)) == (422, ["body", "mask"], "value_error.image")


def alone() -> bytes:
    """A white disc on transparent ground."""
    disc = opened(picture()).convert("RGBA")
    disc.putalpha(disc.getchannel("R"))
    return encoded(disc)


def test_a_mask_of_all_that_can_be_seen_is_refused_uncharged(alice):
    shape = encoded(opened(alone()).getchannel("A"))
    response = remove(alice, alone(), shape)
    assert (problem(response), alice.balance) == (
        (422, ["body", "mask"], "value_error.image"),
        10_000,
    )


def test_prompts_that_select_all_that_can_be_seen_fail_uncharged_and_say_so(alice):
    result = remove(alice, alone(), query="?box=[10,10,54,54]").json()["result"]
    assert (result["status"], result["credits_used"]) == ("failed", 0)
    assert result["error"].startswith("Nothing of the picture can be seen around")


def test_prompts_that_select_nearly_everything_fail_uncharged_and_in_their_own_words(alice):
    result = remove(alice, plain(), query="?box=[0,0,96,64]").json()["result"]
    told = "What the prompts point at is nearly the whole picture; too little is left of it."
    assert (result["status"], result["credits_used"]) == ("failed", 0)
    assert result["error"] == f"{told} You were not charged."


def test_neither_mask_nor_prompts_is_a_missing_mask(alice):
    assert problem(remove(alice, plain())) == (422, ["body", "mask"], "value_error.missing")


def test_mask_and_prompts_together_are_refused(alice):
    response = remove(alice, plain(), mask(), "?box=[1,1,20,20]")
    assert problem(response) == (422, ["body", "mask"], "value_error.choice")


def test_a_mask_of_another_size_is_refused(alice):
    response = remove(alice, plain(), mask(96, 65))
    assert problem(response) == (422, ["body", "mask"], "value_error.dimensions")


def test_an_unknown_quality_is_refused(alice):
    response = remove(alice, plain(), mask(), "?quality=finest")
    assert problem(response) == (422, ["query", "quality"], "value_error.choice")


def test_test_keys_get_small_results(new_customer):
    carol = new_customer("carol@example.com", 0, mode="test")
    result = removed(carol, plain(width=1024, height=256), mask(1024, 256))
    assert result.size == (512, 128)


@pytest.mark.parametrize("radius", [1, 203])
def test_of_what_is_removed_nothing_is_left_in_the_small_results_of_test_keys(new_customer, radius):
    """Also where the mask is too thin for the small picture, or ends between two pixels of it."""
    carol = new_customer("carol@example.com", 0, mode="test")
    drawn = Image.new("L", (1600, 1200))
    ImageDraw.Draw(drawn).circle((800, 600), radius, fill=255)
    spoilt = Image.new("RGB", drawn.size, GROUND)
    spoilt.paste((255, 0, 0), mask=drawn)
    result = np.asarray(removed(carol, encoded(spoilt), encoded(drawn)))
    assert result[..., 0].max() <= max(GROUND[0], tinted(GROUND)[0]) + 2


def test_what_a_test_key_got_as_a_mask_is_removed_from_its_picture(new_customer):
    carol = new_customer("carol@example.com", 0, mode="test")
    image, small = plain(width=1024, height=256), mask(512, 128)
    whole = encoded(opened(small).resize((1024, 256), Image.Resampling.NEAREST))
    of_small, of_whole = (np.asarray(removed(carol, image, sent)) for sent in (small, whole))
    assert np.array_equal(of_small, of_whole)


def test_a_batch_takes_pairs(alice):
    files = {"images": [plain(), plain("JPEG")], "masks": [mask(), mask()]}
    body = alice.send(f"{REMOVAL}/batch", files).json()
    assert (body["completed"], body["total_credits_used"]) == (2, 6)


def test_counts_that_do_not_match_are_refused(alice):
    files = {"images": [plain()] * 3, "masks": [mask()] * 2}
    assert alice.send(f"{REMOVAL}/batch", files).status_code == 400


def test_each_wrong_pair_of_fifty_fails_alone(new_customer):
    carol = new_customer("carol@example.com", 20_000)
    masks = [mask()] * 46 + [b"no picture", mask(10, 10), mask(value=0), mask()[:60]]
    body = carol.send(f"{REMOVAL}/batch", {"images": [plain()] * 50, "masks": masks}).json()
    statuses = [result["status"] for result in body["results"]]
    expected = ["completed"] * 46 + ["failed"] * 4
    assert (statuses, carol.balance) == (expected, 20_000 - 46 * 300)


def test_each_wrong_pair_says_why(alice):
    masks = [mask(), b"no picture", mask(10, 10), mask(value=0)]
    files = {"images": [plain()] * 4, "masks": masks}
    results = alice.send(f"{REMOVAL}/batch", files).json()["results"]
    errors = [result["error"] or "" for result in results]
    said = ["", "not a known image", "must be the same", "nothing to remove"]
    assert [words in error for words, error in zip(said, errors, strict=True)] == [True] * 4


def test_credits_that_run_out_fail_the_rest_of_a_batch(new_customer):
    carol = new_customer("carol@example.com", 700)
    files = {"images": [plain()] * 3, "masks": [mask()] * 3}
    body = carol.send(f"{REMOVAL}/batch", files).json()
    assert (body["completed"], body["results"][2]["error"]) == (2, "Insufficient credits")


def test_a_refused_request_leaves_no_job(alice):
    remove(alice, plain())
    assert not Job.objects.exists()
