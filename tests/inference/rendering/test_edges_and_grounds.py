"""Soft edges, transparency that was there before, and what is put behind."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from inference.rendering import Options, backgrounds, render
from inference.rendering.despill import despill
from tests.inference.drawing import disc, noise
from tests.inference.rendering.scenes import (
    HEIGHT,
    WIDTH,
    image_of,
    mask,
    of_pixels,
    picture,
    pixels,
    rendered,
)

LUMA = np.array([0.299, 0.587, 0.114])
OPACITY = st.sampled_from([0, 1, 100, 254, 255])
CUT_OUTS = npst.arrays(np.uint8, st.tuples(st.integers(1, 300), st.integers(1, 4), st.just(4)))


def soft_disc():
    """A white disc on black with an edge of several pixels, and its alpha."""
    rgb = cv2.GaussianBlur(disc(200, 150), (0, 0), 2)
    return rgb, np.ascontiguousarray(rgb[..., 0])


def visible(result, faintest=25):
    shown = pixels(result)
    return shown[shown[..., 3] > faintest][:, :3]


def over(rgba, colours):
    share = rgba[..., 3:] / 255
    return rgba[..., :3] * share + colours * (1 - share)


@pytest.mark.parametrize(
    "fields",
    [{}, {"max_side": 70}, {"width": 500}, {"scale": 0.3}, {"crop": True, "max_pixels": 900}],
    ids=str,
)
def test_a_white_subject_on_black_has_a_white_edge_at_every_size(fields):
    rgb, alpha = soft_disc()
    assert visible(render(of_pixels(rgb), alpha, Options(**fields))).min() > 235


@pytest.mark.parametrize("fields", [{"max_side": 70}, {"width": 500}], ids=str)
def test_what_was_hidden_under_transparency_does_not_colour_the_edge(fields):
    rgb = disc(200, 150, 250)
    own = (rgb[..., 0] > 0).astype(np.uint8) * np.uint8(255)
    everything = np.full((150, 200), 255, np.uint8)
    assert visible(render(of_pixels(rgb, own), everything, Options(**fields))).min() >= 248


def test_edges_of_matte_and_picture_that_coincide_are_not_made_thinner_by_shrinking():
    rgb = disc(200, 150)
    own = np.ascontiguousarray(rgb[..., 0])
    with_own = pixels(render(of_pixels(rgb, own), own, Options(max_side=70)))[..., 3]
    alone = pixels(render(of_pixels(rgb), own, Options(max_side=70)))[..., 3]
    assert np.abs(with_own.astype(int) - alone).max() <= 2


def test_an_idle_alpha_channel_changes_nothing():
    rgb, alpha = soft_disc()
    idle = np.full(alpha.shape, 255, np.uint8)
    with_idle = render(of_pixels(rgb, idle), alpha, Options(max_side=70))
    assert with_idle.data == render(of_pixels(rgb), alpha, Options(max_side=70)).data


@pytest.mark.parametrize("fields", [{}, {"max_side": 77}, {"width": 333}], ids=str)
def test_hard_edges_stay_hard_at_every_size(fields):
    rgb, alpha = soft_disc()
    result = render(of_pixels(rgb), alpha, Options(semitransparency=False, **fields))
    assert set(np.unique(pixels(result)[..., 3])) == {0, 255}


def test_hard_edges_have_the_colours_of_the_subject():
    rgb, alpha = soft_disc()
    assert visible(render(of_pixels(rgb), alpha, Options(semitransparency=False))).min() > 235


def test_hard_edges_are_cropped_where_they_are():
    rgb, alpha = soft_disc()
    result = render(of_pixels(rgb), alpha, Options(semitransparency=False, crop=True))
    assert pixels(result)[..., 3].max(axis=0).min() == 255


def test_the_hard_alpha_alone_is_the_same():
    rgb, alpha = soft_disc()
    wanted = Options(semitransparency=False, max_side=77)
    grey = render(of_pixels(rgb), alpha, replace(wanted, channels="alpha"))
    whole = render(of_pixels(rgb), alpha, wanted)
    assert np.array_equal(pixels(grey), pixels(whole)[..., 3])


@settings(max_examples=50, deadline=None)
@given(CUT_OUTS, st.tuples(*[st.integers(0, 255)] * 4))
def test_a_cut_out_on_a_colour_is_mixed_to_the_nearest_level(rgba, colour):
    expected = over(rgba, np.array(colour[:3]))
    assert np.abs(backgrounds.on_colour(rgba.copy(), colour) - expected).max() < 0.51


@settings(max_examples=50, deadline=None)
@given(CUT_OUTS)
def test_a_cut_out_on_a_picture_is_mixed_to_the_nearest_level(rgba):
    ground = noise(rgba.shape[1], rgba.shape[0])
    expected = over(rgba, ground)
    assert np.abs(backgrounds.on_picture(rgba.copy(), ground) - expected).max() < 0.51


@settings(max_examples=50, deadline=None)
@given(CUT_OUTS, st.tuples(*[st.integers(0, 255)] * 3, st.integers(1, 254)))
@example(np.zeros((1, 1, 4), np.uint8), (0, 0, 0, 100))
def test_two_half_transparent_grounds_mix_as_one_after_the_other(rgba, tint):
    both = backgrounds.on_colour(backgrounds.on_tint(rgba.copy(), tint), (40, 50, 60, 255))
    under = over(np.array([[tint]]), np.array([40, 50, 60]))
    assert np.abs(both - over(rgba, under)).max() < 2


def test_a_background_keeps_its_proportions():
    shown = backgrounds.covering(disc(400, 400), (300, 150), 0)[..., 0]
    # The disc is a quarter of 400 in radius, at three quarters of the size; its top is cut off.
    assert np.count_nonzero(shown[75] > 127) == pytest.approx(150, abs=3)


def test_a_background_is_centred():
    ground = np.zeros((100, 300, 3), np.uint8)
    ground[:, 100:200] = 255
    assert backgrounds.covering(ground, (50, 50), 0).min() == 255


def test_the_background_that_was_given_is_left_alone():
    ground = noise(WIDTH, HEIGHT)
    ground.flags.writeable = False
    rendered(ground=ground)


@pytest.mark.parametrize("blur", [1, 10, 100])
def test_a_blur_keeps_the_mean_of_a_background(blur):
    ground = disc(300, 200)
    assert backgrounds.covering(ground, (300, 200), blur).mean() == pytest.approx(
        ground.mean(), abs=1
    )


def test_a_wide_blur_is_that_of_the_full_size():
    ground = disc(1000, 600)
    expected = cv2.GaussianBlur(ground, (0, 0), 0.5 * 0.03 * 1000)
    found = backgrounds.covering(ground, (1000, 600), 50)
    assert np.abs(found.astype(int) - expected).mean() < 1.5


def test_a_background_colour_leaves_an_opaque_subject_alone():
    shown = pixels(rendered(of=picture((1, 2, 3)), background=(200, 100, 50, 128)))
    assert shown[50, 50].tolist() == [1, 2, 3, 255]


def test_the_colours_are_those_of_the_subject_alone_on_a_new_ground():
    rgb, alpha = soft_disc()
    shown = pixels(render(of_pixels(rgb), alpha, Options(background=(255, 255, 255, 255))))
    assert shown.min() > 235


@settings(max_examples=50, deadline=None)
@given(npst.arrays(np.uint8, (5, 5, 4)))
def test_despill_keeps_the_brightness_of_any_colour(rgba):
    before = rgba[..., :3] @ LUMA
    despill(rgba)
    assert np.abs(rgba[..., :3] @ LUMA - before).max() < 1


@settings(max_examples=50, deadline=None)
@given(npst.arrays(np.uint8, (5, 5, 4)))
def test_despill_leaves_no_green_above_the_other_two(rgba):
    despill(rgba)
    assert (rgba[..., 1] <= rgba[..., [0, 2]].max(axis=2)).all()


@settings(max_examples=50, deadline=None)
@given(npst.arrays(np.uint8, (5, 5, 4)))
def test_despill_changes_only_what_is_greenest(rgba):
    before = rgba.copy()
    despill(rgba)
    is_other = before[..., 1] <= before[..., [0, 2]].max(axis=2)
    assert np.array_equal(rgba[is_other], before[is_other])


def test_nothing_is_hidden_under_full_transparency():
    shown = pixels(rendered(of=picture((90, 200, 80)), despill=True, max_side=77))
    assert not shown[shown[..., 3] == 0].any()


def test_an_opaque_picture_is_a_jpeg_by_itself():
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    assert rendered(with_mask=everything, format="auto").extension == "jpg"


def test_an_opaque_picture_on_a_wider_canvas_is_none():
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    wanted = Options(format="auto", width=300, height=300)
    assert image_of(rendered(wanted, with_mask=everything)).mode == "RGBA"


def test_changes_nothing_of_what_it_is_given():
    own, alpha, drawn = mask(128), mask(), picture()
    for array in (own, alpha, drawn.rgb):
        array.flags.writeable = False
    rendered(of=replace(drawn, alpha=own), with_mask=alpha, despill=True, background=(1, 2, 3, 90))
