"""What each format keeps: transparency, colours, the profile."""

import io
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from inference.rendering import FormatTooSmall, Options, render
from inference.rendering.files import MEDIA_TYPES, encode
from tests.inference.drawing import noise
from tests.inference.rendering.scenes import (
    HEIGHT,
    RED,
    WIDTH,
    image_of,
    mask,
    of_pixels,
    pixels,
    rendered,
    strip,
    unpacked,
)

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FLAT = ["jpg", "bmp", "gif"]
NAMES = {"jpg": "JPEG"}


def with_profile(**fields):
    rgb = np.full((HEIGHT, WIDTH, 3), RED, np.uint8)
    return render(of_pixels(rgb, None, PROFILE), mask(), Options(**fields))


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tiff"])
@pytest.mark.parametrize("channels", ["rgba", "rgb"])
def test_the_colour_profile_stays(kind, channels):
    shown = image_of(with_profile(format=kind, channels=channels))
    assert shown.info["icc_profile"] == PROFILE


def test_the_colour_profile_is_in_a_zip():
    archive = zipfile.ZipFile(io.BytesIO(with_profile(format="zip").data))
    assert Image.open(archive.open("color.jpg")).info["icc_profile"] == PROFILE


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tiff"])
def test_a_profile_of_colours_is_not_put_into_a_matte(kind):
    shown = image_of(with_profile(format=kind, channels="alpha"))
    assert "icc_profile" not in shown.info


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_the_file_is_what_it_says(kind):
    result = rendered(format=kind)
    assert (image_of(result).format, result.extension) == (NAMES.get(kind, kind.upper()), kind)


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_the_media_type_is_that_of_the_format(kind):
    assert rendered(format=kind).media_type == MEDIA_TYPES[kind]


@pytest.mark.parametrize("kind", FLAT)
def test_flat_formats_have_no_alpha(kind):
    assert not image_of(rendered(format=kind)).has_transparency_data


@pytest.mark.parametrize("kind", ["png", "tiff", "bmp"])
def test_lossless_formats_keep_every_byte(kind):
    rgb = noise(WIDTH, HEIGHT)
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    result = render(of_pixels(rgb), everything, Options(format=kind))
    assert np.array_equal(pixels(result)[..., :3], rgb)


def test_webp_keeps_every_level_of_the_alpha():
    soft = np.random.default_rng(0).integers(1, 256, (HEIGHT, WIDTH), np.uint8)
    assert np.array_equal(pixels(rendered(with_mask=soft, format="webp"))[..., 3], soft)


def test_webp_keeps_the_colours_but_for_a_little():
    shown = pixels(rendered(format="webp"))[mask() == 255][:, :3]
    assert np.abs(shown.astype(int) - RED).mean() < 3


@pytest.mark.parametrize("kind", ["png", "webp", "bmp", "tiff", "gif"])
def test_a_matte_loses_nothing(kind):
    soft = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    result = rendered(with_mask=soft, channels="alpha", format=kind)
    assert np.array_equal(np.asarray(image_of(result).convert("L")), soft)


def test_a_gif_has_at_most_256_colours():
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    result = render(of_pixels(noise(WIDTH, HEIGHT)), everything, Options(format="gif"))
    assert len(image_of(result).convert("RGB").getcolors(WIDTH * HEIGHT)) <= 256


def test_a_gif_is_close_to_the_picture():
    y, x = np.mgrid[:64, :64]
    shades = np.dstack([x * 4, y * 4, np.full_like(x, 90)]).astype(np.uint8)
    shown = np.asarray(Image.open(io.BytesIO(encode(shades, "gif", None))).convert("RGB"))
    assert np.abs(shown.astype(int) - shades).mean() < 10


@pytest.mark.parametrize("ground", [(255, 255, 255), (18, 254, 52), (1, 2, 3), (0, 0, 0)])
def test_the_ground_of_a_gif_has_exactly_its_colour(ground):
    subject = cv2.GaussianBlur(mask(), (0, 0), 3)
    result = rendered(with_mask=subject, format="gif", background=(*ground, 255))
    assert image_of(result).convert("RGB").getpixel((0, 0)) == ground


def test_a_gif_of_many_colours_keeps_its_palette():
    shades = noise(64, 64)
    palette = Image.fromarray(shades).quantize(256, Image.Quantize.FASTOCTREE).convert("RGB")
    shown = Image.open(io.BytesIO(encode(shades, "gif", None))).convert("RGB")
    assert np.array_equal(np.asarray(shown), np.asarray(palette))


def test_a_bmp_has_24_bits():
    assert int.from_bytes(rendered(format="bmp").data[28:30], "little") == 24


def test_a_lower_quality_makes_a_smaller_jpeg():
    rgb = noise(WIDTH, HEIGHT)
    sizes = [
        len(render(of_pixels(rgb), mask(), Options(format="jpg", jpeg_quality=quality)).data)
        for quality in (40, 95)
    ]
    assert sizes[0] < sizes[1]


def test_a_zip_holds_just_two_files():
    archive = zipfile.ZipFile(io.BytesIO(rendered(format="zip").data))
    assert archive.namelist() == ["color.jpg", "alpha.png"]


def test_the_alpha_in_a_zip_is_grey():
    archive = zipfile.ZipFile(io.BytesIO(rendered(format="zip").data))
    assert Image.open(archive.open("alpha.png")).mode == "L"


def test_a_zip_with_a_background_is_opaque():
    assert unpacked(rendered(format="zip", background=(1, 2, 3, 255)))[1].min() == 255


def test_the_png_cap_leaves_a_zip():
    assert rendered(format="zip", png_max_pixels=100).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(("kind", "side"), [("webp", 16_384), ("jpg", 65_501), ("gif", 65_536)])
def test_a_side_that_is_too_long_is_an_error(kind, side):
    with pytest.raises(FormatTooSmall):
        strip(1, side, format=kind)


@pytest.mark.parametrize(("kind", "side"), [("webp", 16_383), ("jpg", 65_500), ("gif", 65_535)])
def test_the_longest_side_of_a_format_is_written(kind, side):
    assert image_of(strip(1, side, format=kind)).size == (1, side)
