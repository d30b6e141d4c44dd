"""From the bytes of a picture and a mask or prompts to a cut-out or a mask, whichever way it lies."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.arrays import Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.errors import NothingFound, UnusableMask
from inference.pipelines import extract_object, segment_image
from tests import sam_graphs
from tests.inference.drawing import encode, noise, with_orientation


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """MobileSAM's place is held by graphs that paint a disc around the click."""
    folder = tmp_path_factory.mktemp("sam")
    return Engines(InferenceConfig(folder, catalogue=sam_graphs.install(folder)))


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def click(x, y):
    return Prompts((Point(x, y),))


def centre_of(mask):
    y, x = np.nonzero(mask > 127)
    return x.mean() + 0.5, y.mean() + 0.5


@pytest.mark.parametrize("size", [(500, 300), (300, 500), (400, 400)], ids=str)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_click_lies_in_the_upright_picture(engines, size, orientation):
    data = with_orientation(noise(*size), "JPEG", orientation)
    width, height = size if orientation < 5 else size[::-1]
    place = width * 0.3, height * 0.6
    result = segment_image(data, click(*place), engines=engines)
    assert centre_of(opened(result.data)) == pytest.approx(place, abs=1.5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_cut_out_by_click_lies_in_the_upright_picture(engines, orientation):
    data = with_orientation(noise(500, 300), "PNG", orientation)
    width, height = (500, 300) if orientation < 5 else (300, 500)
    place = width * 0.7, height * 0.4
    result = extract_object(data, click(*place), engines=engines, output_format="png")
    assert centre_of(opened(result.data)[..., 3]) == pytest.approx(place, abs=1.5)


def test_a_click_follows_a_picture_that_is_made_smaller(engines):
    data = encode(noise(1000, 600), "PNG")
    result = segment_image(data, click(300, 420), engines=engines, max_side=250)
    assert centre_of(opened(result.data)) == pytest.approx((75, 105), abs=1.5)


def test_a_click_on_something_else_stays_one_in_a_picture_that_is_made_smaller(engines):
    data = encode(noise(1000, 600), "PNG")
    apart = Prompts((Point(300, 300), Point(700, 300), Point(700, 300, is_foreground=False)))
    result = segment_image(data, apart, engines=engines, max_side=250)
    assert centre_of(opened(result.data)) == pytest.approx((75, 75), abs=1.5)


def test_a_box_follows_a_picture_that_is_made_smaller(engines):
    data = encode(noise(1000, 600), "PNG")
    box = Prompts((), Box(200, 100, 600, 500))
    mask = opened(segment_image(data, box, engines=engines, max_side=250).data) > 127
    y, x = np.nonzero(mask)
    assert [x.min(), y.min(), x.max(), y.max()] == pytest.approx([50, 25, 149, 124], abs=1)


def test_fine_edges_follow_the_colours_of_the_picture(engines):
    y, x = np.ogrid[:300, :400]
    subject = np.hypot(x + 0.5 - 200, y + 0.5 - 150) < sam_graphs.RADIUS * 400 / 1024
    picture = np.where(subject[..., None], np.uint8(230), np.uint8(20)).repeat(3, axis=2)
    result = segment_image(encode(picture, "PNG"), click(200, 150), engines=engines, edges="fine")
    mask = opened(result.data) > 127
    assert (mask & subject).sum() / (mask | subject).sum() > 0.9


def test_prompts_that_select_nothing_are_an_error(engines):
    prompts = Prompts((Point(50, 50, is_foreground=False),))
    with pytest.raises(NothingFound):
        segment_image(encode(noise(100, 100), "PNG"), prompts, engines=engines)


def test_a_mask_of_another_size_is_an_error(engines):
    mask = encode(np.full((10, 10), 255, np.uint8), "PNG")
    with pytest.raises(UnusableMask, match="same width and height"):
        extract_object(encode(noise(20, 10), "PNG"), mask, engines=engines)


def test_a_mask_that_lies_where_the_picture_stands_is_an_error(engines):
    mask = encode(np.full((20, 10), 255, np.uint8), "PNG")
    with pytest.raises(UnusableMask, match="same width and height"):
        extract_object(encode(noise(20, 10), "PNG"), mask, engines=engines)


def test_a_mask_of_too_many_pixels_is_refused_for_that(engines):
    mask = encode(np.full((60, 60), 255, np.uint8), "PNG")
    with pytest.raises(UnusableMask, match="at most 400 pixels"):
        extract_object(encode(noise(20, 10), "PNG"), mask, engines=engines, max_pixels=400)


def test_a_damaged_mask_is_an_error_of_the_mask(engines):
    mask = encode(noise(20, 10)[..., 0], "PNG")[:-60]
    with pytest.raises(UnusableMask, match="mask"):
        extract_object(encode(noise(20, 10), "PNG"), mask, engines=engines)


def test_the_masks_own_orientation_is_applied(engines):
    upright = np.zeros((40, 60), np.uint8)
    upright[:, :20] = 255
    turned = Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    mask = encode(turned, "PNG", exif=exif.tobytes())
    result = extract_object(
        encode(noise(60, 40), "PNG"), mask, engines=engines, output_format="png"
    )
    assert np.array_equal(opened(result.data)[..., 3], upright)


def test_the_pictures_own_transparency_stays(engines):
    rgba = np.dstack([noise(60, 40), np.full((40, 60), 100, np.uint8)])
    mask = encode(np.full((40, 60), 255, np.uint8), "PNG")
    result = extract_object(encode(rgba, "PNG"), mask, engines=engines, output_format="png")
    assert np.array_equal(opened(result.data), rgba)


def test_what_is_hidden_is_not_drawn_into_the_edge_of_a_picture_made_smaller(engines):
    disc = np.hypot(*(np.mgrid[:400, :400] - 200)) < 150
    rgba = np.where(disc[..., None], 255, 0).astype(np.uint8).repeat(4, axis=2)
    mask = encode(np.full((400, 400), 255, np.uint8), "PNG")
    result = extract_object(
        encode(rgba, "PNG"), mask, engines=engines, output_format="png", max_side=60
    )
    shown = opened(result.data)
    assert shown[shown[..., 3] > 0][:, :3].min() == 255


def test_the_feather_is_made_smaller_with_the_picture(engines):
    square = np.zeros((400, 400), np.uint8)
    square[100:300, 100:300] = 255
    picture = encode(np.full((400, 400, 3), 90, np.uint8), "PNG")
    result = extract_object(
        picture,
        encode(square, "PNG"),
        engines=engines,
        feather=40,
        output_format="png",
        max_side=100,
    )
    middle = opened(result.data)[50, :50, 3]
    # From 0 at the outline, 25, to 255 ten pixels inside.
    assert middle[25:36].tolist() == pytest.approx(
        [255 * (n + 0.5) / 10 for n in range(10)] + [255], abs=2
    )


def test_tells_the_time_of_every_stage(engines):
    result = extract_object(encode(noise(60, 40), "PNG"), click(5, 5), engines=engines)
    assert set(result.timings) == {"decode", "prepare", "network", "colours", "encode"}
