"""Extreme shapes, caps and canvases: sizes stay exact, and memory within reason."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.decoding import PictureInfo
from inference.rendering import (
    Foreground,
    NoForeground,
    Options,
    Region,
    RoiEmpty,
    RoiOutsideImage,
    render,
)
from tests.inference.rendering.scenes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    every,
    mask,
    percent,
    picture,
    pixels,
    px,
    rendered,
    strip,
)

SIDES = st.integers(1, 400)


def as_if_of(width, height):
    """The drawn picture, decoded smaller than its original of that size."""
    return replace(picture(), info=PictureInfo("JPEG", width, height, 1))


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.integers(1, 100_000))
def test_a_cap_in_pixels_is_never_exceeded_not_even_by_a_strip(width, height, cap):
    across, down = strip(width, height, channels="alpha", max_pixels=cap).size
    assert across * down <= cap


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.integers(1, 100_000))
def test_a_capped_size_is_within_a_pixel_of_the_ideal(width, height, cap):
    across, down = strip(width, height, channels="alpha", max_pixels=cap).size
    factor = min(1, (cap / (width * height)) ** 0.5)
    if min(width * factor, height * factor) >= 1:
        assert (across, down) == pytest.approx((width * factor, height * factor), abs=1)


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.integers(1, 400))
def test_a_cap_on_the_longest_side_is_met_or_idle(width, height, side):
    longest = max(strip(width, height, channels="alpha", max_side=side).size)
    assert longest == min(side, max(width, height))


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1)], ids=str)
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"crop": True, "crop_margin": every(percent(50))},
        {"max_pixels": 100},
        {"scale": 0.5},
        {"width": 20, "height": 30, "fit": "cover"},
        {"padding": percent(10), "max_side": 40},
        {"format": "jpg"},
        {"format": "zip"},
    ],
    ids=str,
)
def test_strips_and_single_pixels_are_rendered(size, fields):
    assert min(strip(*size, **fields).size) >= 1


def peak_of(run):
    """Bytes that arrays took at most, OpenCV's too."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_covering_a_canvas_with_a_strip_enlarges_only_what_shows():
    wanted = {"width": 10, "height": 1000, "fit": "cover"}
    assert peak_of(lambda: strip(50_000, 1, **wanted)) < 50e6


def test_a_background_strip_is_enlarged_only_where_it_shows():
    ground = np.zeros((50_000, 1, 3), np.uint8)
    assert peak_of(lambda: strip(400, 300, ground)) < 50e6


def test_an_extreme_ratio_is_shrunk_to_a_canvas_of_bounded_size():
    result = strip(2000, 1500, channels="alpha", crop=True, crop_ratio=(1, 1000))
    assert result.width * result.height <= 64_000_000


def test_covering_shows_the_middle():
    rgb = np.zeros((10, 30, 3), np.uint8)
    rgb[:, 10:20] = 200
    wanted = Options(width=10, height=10, fit="cover", channels="rgb")
    info = PictureInfo("PNG", 30, 10, 1)
    result = render(
        replace(picture(), rgb=rgb, info=info), np.full((10, 30), 255, np.uint8), wanted
    )
    assert (pixels(result) == 200).all()


@pytest.mark.parametrize("left", [0, 3, 17, 20])
def test_covering_cuts_around_the_subject(left):
    found = np.zeros((10, 30), np.uint8)
    found[:, left : left + 10] = 255
    wanted = Options(width=10, height=10, fit="cover", channels="alpha")
    scene = replace(picture(), rgb=np.zeros((10, 30, 3), np.uint8))
    result = render(replace(scene, info=PictureInfo("PNG", 30, 10, 1)), found, wanted)
    assert (pixels(result) == 255).all()


def test_all_that_is_found_must_not_be_faint():
    with pytest.raises(NoForeground):
        rendered(with_mask=mask(12))


def test_sizes_are_those_of_the_original_however_small_it_was_decoded():
    assert rendered(of=as_if_of(4 * WIDTH, 4 * HEIGHT)).size == (4 * WIDTH, 4 * HEIGHT)


def test_margins_are_pixels_of_the_original_however_small_it_was_decoded():
    margins = every(px(20))
    result = rendered(of=as_if_of(2 * WIDTH, 2 * HEIGHT), crop=True, crop_margin=margins)
    assert result.size == (2 * (RIGHT - LEFT) + 40, 2 * (BOTTOM - TOP) + 40)


def test_a_preview_is_the_same_from_a_picture_decoded_smaller():
    smaller = rendered(of=as_if_of(4 * WIDTH, 4 * HEIGHT), max_side=WIDTH)
    assert np.array_equal(pixels(smaller), pixels(rendered()))


def test_tells_the_largest_size_of_a_picture_decoded_smaller():
    result = rendered(of=as_if_of(4 * WIDTH, 4 * HEIGHT), max_side=WIDTH)
    assert (result.max_width, result.max_height) == (4 * WIDTH, 4 * HEIGHT)


@pytest.mark.parametrize("ratio", [(4, 3), (1, 1), (9, 16)])
def test_padding_leaves_the_ratio_as_it_was_asked_for(ratio):
    result = rendered(crop=True, crop_ratio=ratio, padding=percent(10))
    assert result.width / result.height == pytest.approx(ratio[0] / ratio[1], abs=0.02)


def test_padding_is_around_the_subject_in_a_ratio_too():
    box = rendered(crop=True, crop_ratio=(4, 3), padding=px(7)).foreground
    assert min(box.top, box.left) == 7


def test_a_cropped_result_that_needs_no_scaling_keeps_its_bytes():
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    whole = replace(picture(), rgb=noise)
    result = rendered(of=whole, crop=True, crop_ratio=(3, 7), padding=px(3))
    box = result.foreground
    shown = pixels(result)[box.top : box.top + box.height, box.left : box.left + box.width, :3]
    assert np.array_equal(shown, noise[TOP:BOTTOM, LEFT:RIGHT])


def test_the_region_of_the_whole_picture_changes_nothing():
    everything = Region(percent(0), px(0), percent(100), px(HEIGHT))
    assert rendered(roi=everything).data == rendered().data


def test_the_box_told_is_that_within_the_region():
    found = rendered(roi=Region(px(50), px(40), px(60), px(45))).foreground
    assert found == Foreground(40, 50, 10, 5)


@pytest.mark.parametrize(
    "sides", [(0, 0, WIDTH + 1, 9), (0, 0, 9, HEIGHT + 1), (WIDTH + 1, 0, 9, 9), (-1, 0, 9, 9)]
)
def test_a_region_outside_the_picture_is_an_error(sides):
    with pytest.raises(RoiOutsideImage):
        rendered(roi=Region(*(px(side) for side in sides)))


@pytest.mark.parametrize("sides", [(5, 5, 5, 9), (5, 9, 9, 9), (9, 0, 5, 5)])
def test_an_empty_region_is_an_error(sides):
    with pytest.raises(RoiEmpty):
        rendered(roi=Region(*(px(side) for side in sides)))
