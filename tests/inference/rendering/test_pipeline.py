"""From bytes to the finished picture, over a network that answers with the brightness."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from inference import decoding
from inference.errors import TooManyPixels, UnusableBackground
from inference.rendering import Options
from inference.rendering.errors import FormatTooSmall
from inference.rendering.pipeline import render_cut_out
from tests.inference.drawing import disc, encode, with_orientation
from tests.inference.rendering.scenes import image_of, pixels


@pytest.fixture
def cut(graph_engines):
    def call(data, wanted=None, **options):
        return render_cut_out(data, wanted or Options(), engines=graph_engines, **options)

    return call


@pytest.fixture
def decoded(monkeypatch):
    """The sizes that pictures were decoded at."""
    found = []
    decode = decoding.decode

    def watched(*args, **options):
        picture = decode(*args, **options)
        found.append(picture.rgb.shape[1::-1])
        return picture

    monkeypatch.setattr(decoding, "decode", watched)
    return found


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_bright_disc_is_cut_out(cut, format):
    drawn = disc(400, 300)
    alpha = pixels(cut(encode(drawn, format)))[..., 3]
    assert np.abs(alpha.astype(int) - drawn[..., 0]).mean() < 4


def test_a_preview_of_a_large_jpeg_is_decoded_smaller(cut, decoded):
    cut(encode(disc(3200, 2400), "JPEG"), Options(max_pixels=40_000))
    assert max(decoded[0]) < 3200


@pytest.mark.parametrize(
    "wanted",
    [
        Options(),
        Options(crop=True, max_pixels=40_000),
        Options(scale=0.5, max_pixels=40_000),
        Options(position=(0, 0), max_pixels=40_000),
        Options(width=90, max_pixels=40_000),
    ],
    ids=str,
)
def test_a_picture_is_decoded_in_full_where_the_subject_may_need_it(cut, decoded, wanted):
    cut(encode(disc(1600, 1200), "JPEG"), wanted)
    assert decoded == [(1600, 1200)]


def test_a_preview_looks_the_same_however_it_was_decoded(cut):
    drawn = disc(3200, 2400)
    wanted = Options(max_pixels=40_000, channels="alpha")
    by_jpeg, by_png = (
        pixels(cut(encode(drawn, kind, **options), wanted)).astype(int)
        for kind, options in (("JPEG", {"quality": 95}), ("PNG", {}))
    )
    assert np.abs(by_jpeg - by_png).mean() < 2


def test_a_preview_tells_the_sizes_of_the_original(cut):
    result = cut(encode(disc(3200, 2400), "JPEG"), Options(max_pixels=40_000))
    told = result.original_width, result.original_height, *result.details["largest"]
    assert told == (3200, 2400, 3200, 2400)


def test_a_preview_is_upright(cut):
    result = cut(with_orientation(disc(3200, 2400), "JPEG", 6), Options(max_side=200))
    assert (result.width, result.height) == (150, 200)


def transparent(width=60, height=40):
    """A disc that is transparent around, (H, W, 4), black where nothing is seen."""
    drawn = disc(width, height)
    return np.dstack([drawn, drawn[..., :1]])


def test_a_transparent_picture_can_be_kept_to_the_byte(cut):
    data = encode(transparent(), "PNG")
    assert cut(data, keeps_transparent=True).data == data


def test_a_transparent_picture_loses_nothing_as_webp(cut):
    drawn = transparent()
    result = cut(encode(drawn, "PNG"), Options(format="webp"), keeps_transparent=True)
    assert np.array_equal(pixels(result), drawn)


def test_a_transparent_picture_too_wide_for_webp_is_an_error_of_the_format(cut):
    with pytest.raises(FormatTooSmall, match="16383"):
        cut(encode(transparent(16_384, 2), "PNG"), Options(format="webp"), keeps_transparent=True)


def test_a_transparent_picture_made_smaller_has_no_dark_edge(cut):
    data = encode(transparent(400, 300), "PNG")
    shown = pixels(cut(data, Options(max_side=90), keeps_transparent=True))
    assert shown[shown[..., 3] > 20][:, :3].min() >= 250


def test_the_transparency_of_a_picture_can_be_dropped(cut):
    drawn = np.dstack([disc(60, 40), np.full((40, 60, 1), 128, np.uint8)])
    assert pixels(cut(encode(drawn, "PNG"), drops_alpha=True))[..., 3].max() > 250


@pytest.mark.parametrize("kind", ["webp", "jpg", "png"])
def test_a_transparent_picture_that_is_converted_keeps_its_profile(cut, kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encode(transparent(), "PNG", icc_profile=profile)
    result = cut(data, Options(format=kind, max_side=30), keeps_transparent=True)
    assert image_of(result).info["icc_profile"] == profile


@pytest.mark.parametrize("kind", ["jpg", "bmp", "gif"])
def test_a_transparent_picture_is_on_white_where_there_is_no_transparency(cut, kind):
    result = cut(encode(transparent(), "PNG"), Options(format=kind), keeps_transparent=True)
    shown = np.asarray(image_of(result).convert("RGB")).astype(int)
    # A white disc that had nothing around it.
    assert shown.min() >= 250


def test_a_transparent_picture_that_lies_is_turned_upright(cut):
    exif = Image.Exif()
    exif[0x0112] = 6
    drawn = transparent()
    result = cut(encode(drawn, "PNG", exif=exif.tobytes()), keeps_transparent=True)
    told = result.width, result.height
    assert told == (40, 60) and np.array_equal(pixels(result), np.rot90(drawn, -1))


def test_a_background_of_too_many_pixels_is_refused(cut):
    ground = encode(Image.new("RGB", (60, 60)), "PNG")
    with pytest.raises(TooManyPixels):
        cut(encode(disc(20, 10), "PNG"), background=ground, max_pixels=400)


def test_a_damaged_background_is_told_from_a_damaged_picture(cut):
    ground = encode(Image.new("RGB", (60, 60)), "PNG")
    with pytest.raises(UnusableBackground, match=r"^The background cannot be used\. The image is "):
        cut(encode(disc(20, 10), "PNG"), background=ground[:60])


def test_a_background_comes_as_a_file(cut):
    ground = encode(Image.new("RGB", (20, 20), (10, 200, 30)), "PNG")
    shown = pixels(cut(encode(disc(), "PNG"), background=ground))
    assert shown[0, 0].tolist() == [10, 200, 30]
