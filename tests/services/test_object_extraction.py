"""POST /v1/services/object-extraction: founding document 001 and contract v1."""

import json

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms

from services import engines as engines_module
from services.models import Job
from tests.conftest import EXTRACTION
from tests.pictures import disc, encoded, lying, opened, picture
from tests.services.test_background_removal import ENVELOPE, RESULT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

SIZE = (96, 64)
CLICK = "?points=[[32,32]]"


def mask(width: int = 96, height: int = 64, value: int = 255) -> bytes:
    """A rectangle of `value` in the middle half of a black mask."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[height // 4 : -height // 4, width // 4 : -width // 4] = value
    return encoded(Image.fromarray(pixels))


def noise(width: int = 96, height: int = 64) -> Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def extract(customer, query: str = "", image: bytes | None = None, mask_file: bytes | None = None):
    files = {"image": picture() if image is None else image}
    if mask_file is not None:
        files["mask"] = mask_file
    return customer.send(EXTRACTION, files, query)


def cut_out(customer, query: str = "", image: bytes | None = None, mask_file: bytes | None = None):
    response = extract(customer, query, image, mask_file)
    return opened(customer.download(response.json()["result"]))


def problem(response) -> tuple[int, list[str], str]:
    (detail,) = response.json()["detail"]
    return response.status_code, detail["loc"], detail["type"]


def test_answers_with_the_founding_envelope_in_its_order(alice):
    body = json.loads(extract(alice, mask_file=mask()).content)
    assert [list(body), list(body["result"])] == [ENVELOPE, RESULT]


def test_charges_two_credits_for_a_cut_out_by_mask(alice):
    result = extract(alice, mask_file=mask()).json()["result"]
    assert (result["credits_used"], alice.balance) == (2, 10_000 - 200)


def test_charges_a_cut_out_by_prompt_as_extraction_only(alice):
    result = extract(alice, CLICK).json()["result"]
    assert (result["credits_used"], alice.balance) == (2, 10_000 - 200)


def test_returns_a_webp_unless_asked_otherwise(alice):
    assert cut_out(alice, mask_file=mask()).format == "WEBP"


def test_returns_a_png_when_asked_to(alice):
    assert cut_out(alice, "?output_format=png", mask_file=mask()).format == "PNG"


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_the_alpha_is_the_mask(alice, output_format):
    given = encoded(Image.fromarray(np.tile(np.arange(96, dtype=np.uint8) * 2, (64, 1))))
    result = cut_out(alice, f"?output_format={output_format}", mask_file=given)
    assert np.array_equal(np.asarray(result)[..., 3], np.asarray(opened(given)))


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_opaque_pixels_keep_their_bytes(alice, output_format):
    original = noise()
    query = f"?output_format={output_format}"
    result = np.asarray(cut_out(alice, query, encoded(original), mask()))
    is_opaque = result[..., 3] == 255
    assert np.array_equal(result[is_opaque][:, :3], np.asarray(original)[is_opaque])


def test_nothing_of_the_background_hides_under_transparency(alice):
    result = np.asarray(cut_out(alice, "?output_format=png", encoded(noise()), mask()))
    assert not result[result[..., 3] == 0].any()


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_keeps_the_colour_profile(alice, output_format):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = encoded(noise(), icc_profile=profile)
    result = cut_out(alice, f"?output_format={output_format}", given, mask())
    assert result.info.get("icc_profile") == profile


def test_feather_fades_the_edge_inwards(alice):
    query = "?output_format=png&feather=5"
    alpha = np.asarray(cut_out(alice, query, mask_file=mask()))[..., 3]
    row = alpha[32, 24:34].astype(int)
    assert (row[:6] < 255).sum() == 5 and (np.diff(row) >= 0).all()


def test_feather_lets_nothing_of_the_background_in(alice):
    query = "?output_format=png&feather=50"
    alpha = np.asarray(cut_out(alice, query, mask_file=mask()))[..., 3]
    assert not alpha[np.asarray(opened(mask())) == 0].any()


def test_inverted_keeps_everything_but_what_the_mask_shows(alice):
    given = encoded(Image.fromarray(np.tile(np.arange(96, dtype=np.uint8) * 2, (64, 1))))
    result = cut_out(alice, "?output_format=png&invert=true", mask_file=given)
    assert np.array_equal(np.asarray(result)[..., 3], 255 - np.asarray(opened(given)))


def test_inverted_has_the_very_edge_of_the_object(alice):
    query = f"{CLICK}&output_format=png&edges=fine"
    kept, left = (cut_out(alice, query + more) for more in ("", "&invert=true"))
    assert np.array_equal(np.asarray(left)[..., 3], 255 - np.asarray(kept)[..., 3])


def test_a_click_cuts_out_what_it_hits(alice):
    alpha = np.asarray(cut_out(alice, CLICK + "&output_format=png"))[..., 3] > 127
    subject = np.asarray(disc().convert("L")) > 127
    assert (alpha & subject).sum() / (alpha | subject).sum() > 0.8


def test_a_box_cuts_out_what_is_in_it(alice):
    alpha = np.asarray(cut_out(alice, "?box=[14,14,50,50]&output_format=png"))[..., 3] > 127
    subject = np.asarray(disc().convert("L")) > 127
    assert (alpha & subject).sum() / (alpha | subject).sum() > 0.8


def test_says_which_engine_served_a_prompt(alice):
    assert extract(alice, CLICK)["X-Maskr-Engine"] == "u2netp+grabcut"


def test_names_no_engine_where_a_mask_came(alice):
    assert "X-Maskr-Engine" not in extract(alice, mask_file=mask())


def test_a_mask_needs_no_network(alice, settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "none"
    engines_module.engines.cache_clear()
    assert extract(alice, mask_file=mask()).json()["status"] == "completed"


def test_prompts_without_a_network_are_answered_503(alice, settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "none"
    engines_module.engines.cache_clear()
    assert (extract(alice, CLICK).status_code, alice.balance) == (503, 10_000)


def test_the_mask_belongs_to_the_upright_picture(alice):
    result = cut_out(alice, image=lying(96, 64), mask_file=mask(64, 96))
    assert result.size == (64, 96)


def test_prompts_belong_to_the_upright_picture(alice):
    upright = disc().transpose(Image.Transpose.ROTATE_270)
    alpha = np.asarray(cut_out(alice, "?points=[[31,32]]", lying(96, 64)))[..., 3] > 127
    subject = np.asarray(upright.convert("L")) > 127
    assert (alpha & subject).sum() / (alpha | subject).sum() > 0.8


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


def test_a_side_that_webp_cannot_hold_is_refused_naming_png(alice):
    strip = encoded(Image.new("RGB", (16_384, 2)))
    response = extract(alice, image=strip, mask_file=encoded(Image.new("L", (16_384, 2), 255)))
    assert "output_format=png" in response.json()["detail"][0]["msg"]


def test_a_side_that_webp_cannot_hold_can_be_a_png(alice):
    strip = encoded(Image.new("RGB", (16_384, 2)))
    whole = encoded(Image.new("L", (16_384, 2), 255))
    assert cut_out(alice, "?output_format=png", strip, whole).size == (16_384, 2)


def test_test_keys_get_small_cut_outs(new_customer):
    carol = new_customer("carol@example.com", 0, mode="test")
    image, whole = picture(width=1024, height=256), encoded(Image.new("L", (1024, 256), 255))
    assert cut_out(carol, image=image, mask_file=whole).size == (512, 128)


def test_prompts_of_test_keys_hit_the_same_thing(new_customer):
    carol = new_customer("carol@example.com", 0, mode="test")
    image = picture(width=1024, height=256)
    alpha = np.asarray(cut_out(carol, "?points=[[341,128]]", image))[..., 3] > 127
    subject = np.asarray(disc(1024, 256).convert("L").resize((512, 128))) > 127
    assert (alpha & subject).sum() / (alpha | subject).sum() > 0.8


def test_uploads_are_gone_after_a_refusal_for_credits(bob):
    extract(bob, mask_file=mask())
    assert not _stored_files("inputs")


def test_the_mask_is_purged_with_the_job(alice):
    extract(alice, mask_file=mask())
    job = Job.objects.get()
    assert job.file_names == [job.input_name, job.companion_name, job.result_name]


def _stored_files(folder: str) -> list[str]:
    if not default_storage.exists(folder):
        return []
    folders, files = default_storage.listdir(folder)
    return files + [name for inner in folders for name in _stored_files(f"{folder}/{inner}")]


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


def test_a_key_for_other_services_is_refused(alice):
    alice.key.scopes = ["background-removal"]
    alice.key.save()
    assert extract(alice, mask_file=mask()).status_code == 403
