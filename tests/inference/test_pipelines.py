"""Background removal from bytes to bytes, over a network that answers with the brightness."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.errors import TooManyPixels, UnreadableImage, WeightsMissing
from inference.pipelines import remove_background
from tests.graphs import install_graphs
from tests.inference.drawing import disc, encode, png_of_size, with_orientation


def _mask(result):
    return np.asarray(Image.open(io.BytesIO(result.data)))


@pytest.fixture
def remove(graph_engines):
    def call(data, **options):
        return remove_background(data, engines=graph_engines, **options)

    return call


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("edges", ["fast", "fine"])
def test_the_mask_of_a_bright_disc_is_the_disc(remove, format, edges):
    picture = disc(400, 300)
    mask = _mask(remove(encode(picture, format), edges=edges))
    assert np.abs(mask.astype(int) - picture[..., 0]).mean() < 3


def test_gives_a_grey_png(remove):
    result = remove(encode(disc(), "JPEG"))
    assert (result.media_type, result.extension, _mask(result).ndim) == ("image/png", "png", 2)


def test_the_mask_has_the_size_of_the_picture(remove):
    result = remove(encode(disc(123, 77), "PNG"))
    assert (result.width, result.height) == (123, 77) == _mask(result).shape[::-1]


def test_a_large_jpeg_keeps_its_size(remove):
    result = remove(encode(disc(2000, 1000), "JPEG"))
    assert (result.original_width, result.width, _mask(result).shape) == (2000, 2000, (1000, 2000))


@pytest.mark.parametrize("edges", ["fast", "fine"])
def test_max_side_bounds_the_mask_and_not_the_original(remove, edges):
    result = remove(encode(disc(1600, 800), "JPEG"), max_side=512, edges=edges)
    sizes = result.original_width, result.original_height, result.width, result.height
    assert sizes == (1600, 800, 512, 256)


@pytest.mark.parametrize("edges", ["fast", "fine"])
def test_the_mask_is_upright(remove, edges):
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[:, :100] = 255
    # Stored lying: orientation 6 turns it clockwise, and its left becomes its top.
    mask = _mask(remove(with_orientation(picture, "JPEG", 6), edges=edges))
    assert mask.shape == (400, 200) and mask[:80].min() > 200 and mask[140:].max() < 50


def test_what_is_transparent_is_not_in_the_mask(remove):
    rgba = np.dstack([np.full((60, 60, 3), 255, np.uint8), np.full((60, 60), 255, np.uint8)])
    rgba[:, 30:, 3] = 0
    rgba[:20, :20, :3] = 0
    mask = _mask(remove(encode(rgba, "PNG")))
    assert mask[40, 50] == 0 and mask[40, 10] == 255


def test_the_transparency_of_a_mask_made_smaller_is_the_mean_of_it(remove):
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[:, ::2, 3] = 0
    assert np.abs(_mask(remove(encode(rgba, "PNG"), max_side=32)).astype(int) - 128).max() <= 1


def test_colours_hidden_under_transparency_do_not_count(remove):
    shown, hidden = (np.zeros((60, 60, 4), np.uint8) for _ in range(2))
    shown[:30, :, 3] = hidden[:30, :, 3] = 255
    hidden[30:, :, 0] = 200
    assert np.array_equal(_mask(remove(encode(shown, "PNG"))), _mask(remove(encode(hidden, "PNG"))))


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (3000, 2)])
@pytest.mark.parametrize("edges", ["fast", "fine"])
def test_accepts_odd_sizes(remove, size, edges):
    result = remove(encode(disc(*size), "PNG"), edges=edges)
    assert (result.width, result.height) == size


def test_accepts_a_picture_of_one_colour(remove):
    assert _mask(remove(encode(np.full((9, 9, 3), 90, np.uint8), "PNG"))).shape == (9, 9)


def test_tells_what_served(remove):
    assert remove(encode(disc(), "PNG"), quality="best").engine == "u2netp"


@pytest.mark.parametrize(("quality", "network"), [("fast", "u2netp"), ("best", "isnet")])
def test_the_quality_chooses_the_network(tmp_path, quality, network):
    engines = Engines(
        InferenceConfig(tmp_path, catalogue=install_graphs(tmp_path, "u2netp", "isnet"))
    )
    result = remove_background(encode(disc(), "PNG"), engines=engines, quality=quality)
    assert result.engine == network


def test_tells_where_the_time_went(remove):
    timings = remove(encode(disc(), "PNG")).timings
    assert {"decode", "prepare", "network", "edges", "encode"} == set(timings)


def test_refuses_what_is_no_image(remove):
    with pytest.raises(UnreadableImage):
        remove(b"hello")


def test_refuses_too_many_pixels(remove):
    with pytest.raises(TooManyPixels):
        remove(png_of_size(50_000, 50_000))


def test_says_that_no_network_is_installed(tmp_path):
    engines = Engines(InferenceConfig(tmp_path))
    with pytest.raises(WeightsMissing):
        remove_background(encode(disc(), "PNG"), engines=engines)
