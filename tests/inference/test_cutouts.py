"""Objects on transparent ground: opacity, feathered edges, and what may not be seen."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from inference.cutouts import MAX_FEATHER, cut_out
from tests.inference.drawing import disc, noise

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, max_side=30)
MASKS = npst.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 12, 13, 100, 255]))
FEATHERS = st.integers(0, MAX_FEATHER)


def _picture(mask):
    height, width = mask.shape
    return noise(width, height)


def _square(size=60, margin=10, value=255):
    mask = np.zeros((size, size), np.uint8)
    mask[margin:-margin, margin:-margin] = value
    return mask


def _feathered(mask, feather):
    return cut_out(_picture(mask), mask, feather)[..., 3]


@settings(deadline=None)
@given(MASKS)
def test_the_mask_is_the_opacity(mask):
    assert np.array_equal(_feathered(mask, 0), mask)


@settings(deadline=None)
@given(MASKS, FEATHERS)
def test_feathering_never_adds_opacity(mask, feather):
    assert (_feathered(mask, feather) <= mask).all()


@settings(deadline=None)
@given(MASKS, FEATHERS)
def test_nothing_is_hidden_under_full_transparency(mask, feather):
    cut = cut_out(_picture(mask), mask, feather)
    assert not cut[cut[..., 3] == 0].any()


@settings(deadline=None)
@given(MASKS, FEATHERS)
def test_what_the_mask_shows_in_full_keeps_its_colours_to_the_byte(mask, feather):
    picture = _picture(mask)
    cut = cut_out(picture, mask, feather)
    visible = (mask == 255) & (cut[..., 3] > 0)
    assert np.array_equal(cut[visible][:, :3], picture[visible])


@settings(deadline=None)
@given(npst.arrays(np.bool_, SHAPES), st.sampled_from([100, 255]), st.integers(1, MAX_FEATHER))
def test_feathering_fades_with_the_distance_from_the_outside(inside, value, feather):
    opacity = _feathered(inside.astype(np.uint8) * np.uint8(value), feather)
    by_distance = opacity.ravel()[np.argsort(_distances(inside), axis=None, kind="stable")]
    assert (np.diff(by_distance.astype(int)) >= 0).all()


def _distances(inside):
    """Distance of every pixel to the nearest outside, by trying all of them."""
    y, x = np.nonzero(~inside)
    rows, columns = np.indices(inside.shape)
    squares = (rows[..., None] - y) ** 2 + (columns[..., None] - x) ** 2
    return squares.min(axis=2, initial=inside.size**2)


@settings(deadline=None)
@given(npst.arrays(np.bool_, SHAPES), st.integers(1, MAX_FEATHER))
def test_feathering_changes_nothing_farther_inside_than_its_width(inside, feather):
    mask = inside.astype(np.uint8) * np.uint8(255)
    deep = _distances(inside) > (feather + 0.5) ** 2
    assert (_feathered(mask, feather)[deep] == 255).all()


@pytest.mark.parametrize("feather", [1, 2, 5, 10, 20])
def test_feathering_fades_evenly_over_just_its_width(feather):
    middle_row = _feathered(_square(), feather)[30, 10 : 10 + feather]
    share = (np.arange(feather) + 0.5) / feather
    assert np.abs(middle_row - 255 * share).max() <= 0.5


@pytest.mark.parametrize("feather", [1, 10, 50])
def test_feathering_spares_the_frame_that_cuts_the_object(feather):
    mask = np.zeros((120, 60), np.uint8)
    mask[40:] = 255
    assert (_feathered(mask, feather)[-20:] == 255).all()


def test_feathering_changes_nothing_where_all_is_object():
    mask = np.full((20, 30), 255, np.uint8)
    assert np.array_equal(_feathered(mask, 50), mask)


def test_feathering_joins_its_strips_without_a_seam():
    # A slanted edge through more rows than one strip has.
    y, x = np.ogrid[:1300, :200]
    mask = ((x - 60 - y // 20) > 0).astype(np.uint8) * np.uint8(255)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    expected = 255 * np.clip((distance - 0.5) / 50, 0, 1)
    assert np.abs(_feathered(mask, 50) - expected).max() <= 0.51


def test_feathering_sees_outlines_beyond_its_strips():
    mask = np.full((1100, 40), 255, np.uint8)
    # Before the second strip begins and after it ends, within reach of it.
    mask[[470, 1060]] = 0
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    expected = 255 * np.clip((distance - 0.5) / 50, 0, 1)
    assert np.abs(_feathered(mask, 50) - expected).max() <= 0.51


def test_feathering_keeps_a_half_transparent_object():
    assert _feathered(_square(value=100), 5)[30, 30] == 100


def test_feathering_takes_faint_noise_around_the_object_for_outside():
    noisy = np.maximum(_square(), np.random.default_rng(0).integers(0, 13, (60, 60), np.uint8))
    assert np.array_equal(_feathered(noisy, 5), _feathered(_square(), 5))


def test_the_transparency_of_the_picture_itself_stays():
    mask, own = _square(), np.full((60, 60), 51, np.uint8)
    assert np.array_equal(cut_out(_picture(mask), mask, 0, own)[..., 3], mask // 5)


@pytest.mark.parametrize(("faintness", "kept"), [(12, 0), (13, 13)])
def test_an_object_begins_where_it_can_be_seen(faintness, kept):
    assert _feathered(_square(value=faintness), 5)[30, 30] == kept


@pytest.mark.parametrize("hidden", [0, 255])
@pytest.mark.parametrize("trace", [0, 12])
def test_what_is_hidden_beside_a_soft_edge_is_no_background_of_it(hidden, trace):
    picture, own = np.full((40, 60, 3), hidden, np.uint8), np.full((40, 60), trace, np.uint8)
    picture[:, 30:], own[:, 30:] = 90, 255
    mask = np.tile(np.clip(np.arange(60) * 25 - 630, 0, 255).astype(np.uint8), (40, 1))
    seen = cut_out(picture, mask, 0, own)[:, 30:]
    assert np.abs(seen[..., :3].astype(int) - 90).max() <= 1


def test_of_what_is_half_transparent_twice_a_quarter_is_left():
    half = np.full((60, 60), 128, np.uint8)
    assert (cut_out(noise(60, 60), half, 0, half)[..., 3] == 64).all()


def test_a_picture_transparent_by_itself_keeps_its_colours():
    mask, picture = _square(value=128), noise(60, 60)
    cut = cut_out(picture, mask, 0, np.full((60, 60), 128, np.uint8))
    assert np.array_equal(cut[mask > 0][:, :3], picture[mask > 0])


def test_feathering_follows_the_outline_of_the_transparent_picture():
    everything = np.full((60, 60), 255, np.uint8)
    cut = cut_out(_picture(everything), everything, 5, _square())
    assert np.array_equal(cut[..., 3], _feathered(_square(), 5))


def test_the_edge_of_a_white_object_on_black_is_white():
    picture = cv2.GaussianBlur(disc(200, 150), (0, 0), 2)
    mask = np.ascontiguousarray(picture[..., 0])
    cut = cut_out(picture, mask)
    assert cut[mask > 25][:, :3].min() > 240


def test_changes_none_of_what_it_is_given():
    picture, mask, own = noise(60, 60), _square(value=128), _square()
    for array in (picture, mask, own):
        array.flags.writeable = False
    assert cut_out(picture, mask, 5, own).flags.writeable
