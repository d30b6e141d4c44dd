"""Arrays as files."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.encoding import (
    JPEG_MAX_SIDE,
    WEBP_MAX_SIDE,
    SideTooLong,
    mask_to_png,
    rgb_to_jpeg,
    rgb_to_png,
    rgb_to_webp_lossless,
    rgba_to_png,
    rgba_to_webp,
)
from tests.inference.drawing import corners, disc, noise

LOSSLESS = [
    (rgb_to_png, 3, "PNG"),
    (rgba_to_png, 4, "PNG"),
    (rgb_to_webp_lossless, 3, "WEBP"),
    (rgba_to_webp, 4, "WEBP"),
]
WRITERS = [*LOSSLESS, (rgb_to_jpeg, 3, "JPEG")]
PROFILE = bytes(range(256)) * 12


def _opened(data):
    return Image.open(io.BytesIO(data))


def _random(shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(
    "size", [(1, 1), (64, 48), (1, 1000), (1000, 1), (1, 1_000_001), (1_000_001, 1)]
)
def test_writes_the_mask_without_loss(size):
    mask = _random(size)
    assert np.array_equal(np.asarray(_opened(mask_to_png(mask))), mask)


def test_writes_8_bit_grey():
    image = _opened(mask_to_png(np.zeros((4, 4), np.uint8)))
    assert (image.format, image.mode) == ("PNG", "L")


def test_writes_an_empty_mask_small():
    assert len(mask_to_png(np.zeros((1080, 1920), np.uint8))) < 20_000


@pytest.mark.parametrize("size", [(1, 1), (48, 64), (1, 1000), (1000, 1)])
@pytest.mark.parametrize(("write", "channels", "format"), LOSSLESS)
def test_writes_every_pixel_without_loss_even_under_transparency(write, channels, format, size):
    pixels = _random((*size, channels))
    pixels[: size[0] // 2, : size[1] // 2, 3:] = 0
    mode = "RGBA" if channels == 4 else "RGB"
    assert np.array_equal(np.asarray(_opened(write(pixels)).convert(mode)), pixels)


@pytest.mark.parametrize("longer_than_libpng_takes", [(1, 1_000_001, 4), (1_000_001, 1, 4)])
def test_writes_long_strips_as_png(longer_than_libpng_takes):
    pixels = np.zeros(longer_than_libpng_takes, np.uint8)
    pixels[-1, -1] = 1, 2, 3, 4
    assert np.array_equal(np.asarray(_opened(rgba_to_png(pixels))), pixels)


@pytest.mark.parametrize(("write", "channels", "format"), WRITERS)
def test_writes_the_format_named(write, channels, format):
    assert _opened(write(_random((5, 6, channels)))).format == format


@pytest.mark.parametrize(("write", "channels", "format"), WRITERS)
def test_embeds_the_colour_profile_as_it_came(write, channels, format):
    image = _opened(write(_random((5, 6, channels)), PROFILE))
    assert image.info["icc_profile"] == PROFILE


@pytest.mark.parametrize(("write", "channels", "format"), LOSSLESS)
def test_a_colour_profile_changes_no_pixel(write, channels, format):
    pixels = _random((20, 30, channels))
    mode = "RGBA" if channels == 4 else "RGB"
    assert np.array_equal(np.asarray(_opened(write(pixels, PROFILE)).convert(mode)), pixels)


@pytest.mark.parametrize("profile", [None, b""])
@pytest.mark.parametrize(("write", "channels", "format"), WRITERS)
def test_embeds_nothing_where_there_is_no_profile(write, channels, format, profile):
    assert "icc_profile" not in _opened(write(_random((5, 6, channels)), profile)).info


@pytest.mark.parametrize("profile", [b"x", bytes(127), bytes(5000), b"\xff" * (1 << 20)])
@pytest.mark.parametrize(("write", "channels", "format"), WRITERS)
def test_writes_the_picture_whatever_the_profile_is(write, channels, format, profile):
    _opened(write(_random((5, 6, channels)), profile)).load()


@pytest.mark.parametrize(("write", "channels", "format"), WRITERS)
def test_leaves_out_a_profile_too_large_to_be_read_again(write, channels, format):
    image = _opened(write(_random((5, 6, channels)), bytes(20 << 20)))
    assert "icc_profile" not in image.info


def test_jpeg_keeps_the_colours_of_single_columns():
    columns = np.zeros((32, 32, 3), np.uint8)
    columns[:, ::2] = 255, 0, 0
    columns[:, 1::2] = 0, 0, 255
    written = np.asarray(_opened(rgb_to_jpeg(columns))).astype(int)
    assert np.abs(written - columns).max() < 40


def test_jpeg_is_close_to_the_picture():
    written = np.asarray(_opened(rgb_to_jpeg(disc(300, 200)))).astype(int)
    assert np.abs(written - disc(300, 200)).mean() < 1


def test_jpeg_of_lower_quality_is_smaller():
    assert len(rgb_to_jpeg(noise(), quality=50)) < len(rgb_to_jpeg(noise()))


@pytest.mark.parametrize(("write", "channels", "format"), WRITERS)
def test_writes_red_as_red(write, channels, format):
    pixels = np.dstack([corners(), np.full((24, 40), 255, np.uint8)])[..., :channels]
    red, green, blue = _opened(write(np.ascontiguousarray(pixels))).convert("RGB").getpixel((2, 2))
    assert red > 230 and green < 25 and blue < 25


@pytest.mark.parametrize(
    ("write", "channels", "longest"),
    [
        (rgb_to_webp_lossless, 3, WEBP_MAX_SIDE),
        (rgba_to_webp, 4, WEBP_MAX_SIDE),
        (rgb_to_jpeg, 3, JPEG_MAX_SIDE),
    ],
)
class TestLongestSide:
    def test_is_written(self, write, channels, longest):
        written = _opened(write(np.zeros((1, longest, channels), np.uint8)))
        assert written.size == (longest, 1)

    def test_and_one_pixel_more_is_refused(self, write, channels, longest):
        with pytest.raises(SideTooLong):
            write(np.zeros((longest + 1, 1, channels), np.uint8))
