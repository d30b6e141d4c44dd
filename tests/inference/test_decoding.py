"""Decoding of sound pictures: sizes, orientation, modes, first frames."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from inference import decoding
from inference.decoding import decode, decode_mask, probe, verify
from tests.inference.drawing import (
    animated,
    corners,
    disc,
    encode,
    grey_profile,
    noise,
    png_with_a_transparent_colour,
    printing_profile,
    with_orientation,
)

FORMATS = ("JPEG", "PNG", "WEBP")
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
# How a viewer would have to turn the upright picture to get what the camera stored.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("format", FORMATS)
def test_probe_tells_type_and_size(format):
    info = probe(encode(disc(60, 40), format))
    assert (info.format, info.width, info.height) == (format, 60, 40)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("orientation", STORED)
def test_turns_the_picture_upright(format, orientation):
    stored = np.ascontiguousarray(STORED[orientation](corners()))
    rgb = decode(with_orientation(stored, format, orientation)).rgb
    found = [rgb[2, 2], rgb[2, -3], rgb[-3, -3], rgb[-3, 2]]
    assert np.abs(np.array(found, int) - COLOURS).max() < 12


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_turns_the_transparency_with_the_picture(format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    grey = noise(40, 24)[..., 0]
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    data = encode(np.dstack([grey] * 4), format, exif=exif.tobytes(), **options)
    picture = decode(data)
    assert picture.alpha is not None and np.array_equal(picture.alpha, picture.rgb[..., 0])


@pytest.mark.parametrize("orientation", STORED)
def test_probe_gives_the_upright_size(orientation):
    stored = np.ascontiguousarray(STORED[orientation](corners(40, 24)))
    info = probe(with_orientation(stored, "JPEG", orientation))
    assert (info.width, info.height) == (40, 24)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_ignores_an_orientation_that_does_not_exist(orientation):
    info = probe(with_orientation(corners(40, 24), "JPEG", orientation))
    assert (info.width, info.height, info.orientation) == (40, 24, 1)


# Pillow warns of it, which a server logs and a test would take for an error.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_ignores_damaged_exif():
    assert decode(encode(disc(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).rgb.shape[0] == 48


def test_scales_16_bit_grey_instead_of_clipping_it():
    deep = np.full((4, 4), 36_000, np.uint16)
    assert decode(encode(deep, "PNG")).rgb[0, 0].tolist() == [140, 140, 140]


def test_scales_a_16_bit_mask():
    assert decode_mask(encode(np.full((4, 4), 0x8080, np.uint16), "PNG"))[0, 0] == 0x80


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_decodes_every_png_mode_to_rgb(mode):
    data = encode(Image.fromarray(disc()).convert(mode), "PNG")
    assert decode(data).rgb[24, 32].tolist() == [255, 255, 255]


def test_decodes_cmyk_jpeg():
    data = encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = decode(data).rgb[4, 4].tolist()
    assert red > 200 and max(green, blue) < 60


def test_shows_colours_for_printing_as_their_profile_says():
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    data = encode(red, "JPEG", quality=95, icc_profile=printing_profile())
    picture = decode(data)
    assert picture.icc_profile is None and picture.rgb.min() == 255


def test_keeps_alpha_apart_from_colour():
    picture = Image.new("RGBA", (4, 4), (10, 20, 30, 77))
    alpha = decode(encode(picture, "PNG")).alpha
    assert alpha is not None and alpha[0, 0] == 77


def test_has_no_alpha_where_the_file_has_none():
    assert decode(encode(disc(), "PNG")).alpha is None


def test_a_transparent_palette_colour_becomes_alpha():
    image = Image.new("P", (4, 4), 3)
    image.putpalette(list(range(30)))
    alpha = decode(encode(image, "PNG", transparency=3)).alpha
    assert alpha is not None and alpha.max() == 0


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_of_any_depth_becomes_alpha(depth):
    highest = 2**depth - 1
    data = png_with_a_transparent_colour(depth, [highest, 0, 1, highest], highest)
    alpha = decode(data).alpha
    assert alpha is not None and alpha.tolist() == [[0, 255, 0 if depth == 1 else 255, 0]]


def test_a_transparent_colour_of_8_bits_becomes_alpha():
    data = png_with_a_transparent_colour(8, [(1, 2, 3), (1, 2, 4)], (1, 2, 3))
    alpha = decode(data).alpha
    assert alpha is not None and alpha.tolist() == [[0, 255]]


DEEP = [(0x1234, 0x5678, 0x9ABC), (0x1234, 0x5678, 0x9ABD), (0x1334, 0x5678, 0x9ABC)]


@pytest.mark.parametrize("transparent", range(len(DEEP)))
def test_of_16_bit_colours_only_the_very_one_is_transparent(transparent):
    alpha = decode(png_with_a_transparent_colour(16, DEEP, DEEP[transparent])).alpha
    assert alpha is not None and np.flatnonzero(alpha == 0).tolist() == [transparent]


def test_16_bit_colours_beside_a_transparent_one_are_kept():
    data = png_with_a_transparent_colour(16, DEEP, DEEP[0])
    assert decode(data).rgb.tolist() == [
        [[0x12, 0x56, 0x9A], [0x12, 0x56, 0x9A], [0x13, 0x56, 0x9A]]
    ]


@pytest.mark.parametrize(("depth", "white"), [(2, 3), (4, 15), (16, 0xFFFF), (16, (0xFFFF,) * 3)])
def test_a_mask_is_outside_where_its_white_is_transparent(depth, white):
    assert decode_mask(png_with_a_transparent_colour(depth, [white], white)).max() == 0


def test_a_mask_is_outside_where_it_is_transparent():
    assert decode_mask(encode(Image.new("LA", (4, 4), (255, 0)), "PNG")).max() == 0


def test_a_mask_that_could_be_transparent_and_is_not_is_its_brightness():
    levels = np.arange(256, dtype=np.uint8)[np.newaxis]
    rgba = np.dstack([levels, levels, levels, np.full_like(levels, 255)])
    assert np.array_equal(decode_mask(encode(rgba, "PNG")), levels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(("colour", "luma"), [("#f00", 76), ("#0f0", 150), ("#00f", 29)])
def test_the_colours_of_a_mask_count_as_bright_as_they_look(mode, colour, luma):
    data = encode(Image.new("RGB", (4, 4), colour).convert(mode), "PNG")
    assert abs(int(decode_mask(data)[0, 0]) - luma) <= 1


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_takes_the_first_frame_of_an_animation(format):
    assert decode(animated(format)).rgb[0, 0].tolist() == [255, 0, 0]


def test_decodes_a_jpeg_smaller_where_that_is_enough():
    picture = decode(encode(noise(1600, 900), "JPEG"), at_least=(320, 320))
    assert picture.rgb.shape == (450, 800, 3)


def test_never_decodes_smaller_than_asked():
    height, width = decode(encode(noise(700, 700), "JPEG"), at_least=(320, 320)).rgb.shape[:2]
    assert width >= 320 and height >= 320


def test_keeps_the_original_size_of_a_picture_decoded_smaller():
    info = decode(encode(noise(1600, 900), "JPEG"), at_least=(320, 320)).info
    assert (info.width, info.height) == (1600, 900)


def test_asks_for_the_upright_size_of_a_turned_jpeg():
    data = with_orientation(noise(1600, 400), "JPEG", 6)
    assert decode(data, at_least=(200, 800)).rgb.shape == (800, 200, 3)


def test_counts_a_multi_picture_jpeg_as_jpeg():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encode(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert probe(data).format == "JPEG"


def test_decodes_a_jpeg_with_a_video_behind_its_end():
    data = encode(disc(), "JPEG") + b"\x00\x00\x00\x18ftypmp42" + b"\xff\xda" * 300
    assert verify(data).width == 64


def test_accepts_one_pixel():
    assert decode(encode(disc(1, 1), "PNG")).rgb.shape == (1, 1, 3)


def test_accepts_a_long_strip():
    assert decode(encode(np.zeros((100_000, 1), np.uint8), "PNG")).rgb.shape == (100_000, 1, 3)


def test_accepts_exactly_the_limit():
    assert probe(encode(disc(10, 10), "PNG"), max_pixels=100).width == 10


def test_keeps_an_rgb_profile():
    assert decode(encode(disc(), "JPEG", icc_profile=_profile())).icc_profile == _profile()


def test_drops_a_profile_that_does_not_fit_the_pixels():
    wrong = b"\0" * 16 + b"CMYK" + b"\0" * 108
    assert decode(encode(disc(), "JPEG", icc_profile=wrong)).icc_profile is None


@pytest.mark.parametrize(("format", "mode"), [("JPEG", "L"), ("PNG", "L"), ("PNG", "LA")])
def test_shows_greys_as_their_profile_says(format, mode):
    data = encode(Image.new("L", (8, 8), 128).convert(mode), format, icc_profile=grey_profile(1.0))
    picture = decode(data)
    # Half of the light is 188 in sRGB.
    assert picture.icc_profile is None and picture.rgb[4, 4].tolist() == [188, 188, 188]


def test_shows_deep_greys_as_their_profile_says():
    deep = np.full((4, 4), 0x8080, np.uint16)
    data = encode(deep, "PNG", icc_profile=grey_profile(1.0))
    assert decode(data).rgb[0, 0].tolist() == [188, 188, 188]


def test_takes_greys_as_they_are_where_their_profile_is_broken():
    broken = b"\0" * 16 + b"GRAY" + b"\0" * 108
    data = encode(Image.new("L", (8, 8), 128), "PNG", icc_profile=broken)
    assert decode(data).rgb[0, 0].tolist() == [128, 128, 128]


def test_the_values_of_a_mask_are_no_tones():
    data = encode(Image.new("L", (8, 8), 128), "PNG", icc_profile=grey_profile(1.0))
    assert decode_mask(data)[0, 0] == 128


def test_accepts_other_formats_only_when_asked_to():
    data = encode(disc(), "BMP")
    assert decoding.probe(data, formats=("BMP",)).format == "BMP"


def _profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
