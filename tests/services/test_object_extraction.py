"""POST /v1/services/object-extraction: founding document 001 and contract v1."""

import json

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms

from services import engines as engines_module
from services.models import Job
from tests.pictures import disc, encoded, lying, opened, picture
from tests.services.extracting import CLICK, cut_out, extract, mask, noise
from tests.services.test_background_removal import ENVELOPE, RESULT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


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


@pytest.mark.parametrize("size", [(1025, 255), (257, 1999), (40, 30)])
def test_what_a_test_key_got_as_a_mask_cuts_its_picture_out(new_customer, size):
    carol = new_customer("carol@example.com", 0, mode="test")
    image = picture(width=size[0], height=size[1])
    made = carol.download(carol.post(image).json()["result"])
    assert cut_out(carol, image=image, mask_file=made).size == opened(made).size


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
