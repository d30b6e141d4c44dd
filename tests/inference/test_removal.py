"""Object removal: what may change, what may not, and masks of every kind."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inference.removal import HoleTooLarge, NothingAround, NothingToRemove, remove
from tests.inference.drawing import mask_of, noise


class MeanEngine:
    """Fills with the mean of what is known; fails on what an engine need not expect."""

    name = "mean"

    def __init__(self, work_side=512):
        self.work_side = work_side
        self.asked = []

    def inpaint(self, rgb, mask, clock=None):
        assert rgb.shape[:2] == mask.shape and max(mask.shape) <= self.work_side
        assert (mask >= 128).any()
        self.asked.append(mask)
        known = mask < 128
        filled = rgb.copy()
        filled[~known] = rgb[known].mean(axis=0) if known.any() else 128
        return filled


@st.composite
def masked_pictures(draw):
    """A picture, a mask of rectangles, and an engine smaller or larger than both."""
    width, height = draw(st.integers(2, 90)), draw(st.integers(2, 90))
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 5))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        down, across = draw(st.integers(1, 40)), draw(st.integers(1, 40))
        mask[top : top + down, left : left + across] = draw(st.integers(128, 255))
    assume((mask > 0).mean() <= 0.9)
    seed = draw(st.integers(0, 99))
    return noise(width, height, seed), mask, MeanEngine(draw(st.sampled_from([16, 32, 512])))


@settings(max_examples=60, deadline=None)
@given(masked_pictures())
def test_pixels_outside_the_mask_stay_as_they_are(case):
    rgb, mask, engine = case
    result = remove(rgb, mask, engine)
    assert np.array_equal(result[mask < 128], rgb[mask < 128])


@settings(max_examples=60, deadline=None)
@given(masked_pictures(), st.integers(0, 99))
def test_what_is_removed_has_no_influence(case, seed):
    rgb, mask, engine = case
    other = noise(rgb.shape[1], rgb.shape[0], seed)
    other[mask < 128] = rgb[mask < 128]
    assert np.array_equal(remove(rgb, mask, engine), remove(other, mask, engine))


@settings(max_examples=40, deadline=None)
@given(masked_pictures())
def test_a_plain_picture_stays_plain(case):
    rgb, mask, engine = case
    plain = np.full_like(rgb, (200, 100, 20))
    spoilt = plain.copy()
    spoilt[mask >= 128] = 255
    assert np.abs(remove(spoilt, mask, engine).astype(int) - plain).max() <= 1


def test_an_empty_mask_is_nothing_to_remove():
    with pytest.raises(NothingToRemove):
        remove(noise(), np.full((48, 64), 127, np.uint8), MeanEngine())


def test_more_than_nine_tenths_are_too_much():
    with pytest.raises(HoleTooLarge):
        remove(noise(100, 100), mask_of(100, 100, np.s_[:90], np.s_[90, 0]), MeanEngine())


def test_exactly_nine_tenths_are_not():
    result = remove(noise(100, 100), mask_of(100, 100, np.s_[:90]), MeanEngine(32))
    assert result.shape == (100, 100, 3)


def test_the_given_arrays_stay_as_they_are():
    rgb, mask = noise(), mask_of(64, 48, np.s_[10:20, 10:20])
    rgb.flags.writeable = mask.flags.writeable = False
    assert remove(rgb, mask, MeanEngine()) is not rgb


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (3, 3), (8, 8), (1, 4000), (4000, 1)])
def test_pictures_may_be_tiny_or_thin(size):
    mask = mask_of(*size, np.s_[0, 0])
    assert remove(noise(*size), mask, MeanEngine()).shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    "place",
    [
        np.s_[0, 0],
        np.s_[700, 1200],
        np.s_[350],
        np.s_[:, 600:603],
        np.s_[300:, 500:],
        np.s_[::7, ::5],
    ],
)
def test_holes_may_be_anywhere_in_any_form(place):
    rgb = noise(1201, 701)
    mask = mask_of(1201, 701, place)
    result = remove(rgb, mask, MeanEngine(128))
    assert np.array_equal(result[mask == 0], rgb[mask == 0])


def test_far_holes_are_filled_one_by_one():
    engine = MeanEngine()
    remove(noise(2000, 600), mask_of(2000, 600, np.s_[300, 50], np.s_[300, 1950]), engine)
    assert len(engine.asked) == 2


def test_near_holes_are_filled_together():
    engine = MeanEngine()
    remove(noise(2000, 600), mask_of(2000, 600, np.s_[300, 1000], np.s_[300, 1100]), engine)
    assert len(engine.asked) == 1


def test_many_holes_take_few_runs():
    engine = MeanEngine()
    remove(noise(3000, 3000), mask_of(3000, 3000, np.s_[100::700, 100::700]), engine)
    assert len(engine.asked) <= 4


@pytest.mark.parametrize("size", [(500_000, 1), (1, 500_000), (6000, 6000)])
def test_hundreds_of_far_holes_take_no_longer_than_a_few(size):
    mask = mask_of(*size, np.s_[::288, ::288])
    rgb = np.zeros((*mask.shape, 3), np.uint8)
    began = time.process_time()
    remove(rgb, mask, MeanEngine())
    assert time.process_time() - began < 3


def test_a_wide_hole_takes_little_more_memory_than_the_picture():
    mask = mask_of(4_000_000, 1, np.s_[:, 100_000:3_600_000])
    rgb = np.zeros((1, 4_000_000, 3), np.uint8)
    tracemalloc.start()
    try:
        remove(rgb, mask, MeanEngine())
        assert tracemalloc.get_traced_memory()[1] < 10 * rgb.nbytes
    finally:
        tracemalloc.stop()


def test_a_hole_wider_than_what_is_filled_at_a_time_is_filled_everywhere():
    mask = mask_of(1_000_000, 1, np.s_[:, 100_000:900_000])
    rgb = np.full((1, 1_000_000, 3), 200, np.uint8)
    rgb[mask > 0] = 0
    assert np.abs(remove(rgb, mask, MeanEngine()).astype(int) - 200).max() <= 1


def _sticker(size, hidden):
    """A red square on what is transparent; (rgb, alpha) and a hole at the square's edge."""
    rgb = np.full((size, size, 3), hidden, np.uint8)
    alpha = np.zeros((size, size), np.uint8)
    opaque = np.s_[size // 4 : size // 4 * 3, size // 4 : size // 4 * 3]
    rgb[opaque], alpha[opaque] = (220, 20, 30), 255
    hole = np.s_[size // 2 : size // 2 + size // 8, size // 4 * 3 - size // 8 : size // 4 * 3]
    spoilt = rgb.copy()
    spoilt[hole] = 0, 90, 255
    return spoilt, alpha, mask_of(size, size, hole)


@pytest.mark.parametrize("hidden", [0, 255])
@pytest.mark.parametrize("side", [64, 512])
def test_nothing_of_what_is_invisible_bleeds_into_a_hole(hidden, side):
    rgb, alpha, mask = _sticker(200, hidden)
    filled = remove(rgb, mask, MeanEngine(side), alpha=alpha)[mask > 0]
    assert np.abs(filled.astype(int) - (220, 20, 30)).max() <= 1


@pytest.mark.parametrize("side", [64, 512])
def test_what_is_invisible_stays_as_it_is(side):
    rgb, alpha, mask = _sticker(200, 77)
    result = remove(rgb, mask, MeanEngine(side), alpha=alpha)
    assert np.array_equal(result[mask == 0], rgb[mask == 0])


@pytest.mark.parametrize("side", [64, 512])
def test_the_colours_of_what_is_all_but_invisible_do_not_bleed_into_a_hole(side):
    rgb, alpha, mask = _sticker(200, 255)
    haze = np.where(alpha == 0, np.uint8(12), alpha)
    filled = remove(rgb, mask, MeanEngine(side), alpha=haze)[mask > 0]
    assert np.abs(filled.astype(int) - (220, 20, 30)).max() <= 1


def test_what_is_half_visible_counts():
    rgb, alpha, mask = _sticker(200, 255)
    half = np.minimum(alpha, 60)
    filled = remove(rgb, mask, MeanEngine(64), alpha=half)[mask > 0]
    assert np.abs(filled.astype(int) - (220, 20, 30)).max() <= 1


@pytest.mark.parametrize("side", [64, 512])
def test_a_thing_alone_on_transparent_ground_has_nothing_to_be_filled_from(side):
    rgb, alpha, _ = _sticker(200, 0)
    with pytest.raises(NothingAround):
        remove(rgb, alpha, MeanEngine(side), alpha=alpha)


def test_a_hole_that_nobody_sees_asks_no_engine():
    rgb, alpha, _ = _sticker(800, 77)
    mask = mask_of(800, 800, np.s_[:2, :2])
    rgb[mask > 0] = 9
    engine = MeanEngine(64)
    result = remove(rgb, mask, engine, alpha=alpha)
    assert not engine.asked and (result[mask > 0] != 9).all()


@pytest.mark.parametrize("kept", [3, 6, 9])
def test_a_fence_is_filled_from_what_is_seen_through_it(kept):
    y = np.arange(600)
    slope = np.repeat(np.tile((y * 255 // 600).astype(np.uint8), (600, 1))[..., None], 3, axis=2)
    mask = mask_of(600, 600, np.s_[np.isin(y % kept, range(1, kept))])
    spoilt = slope.copy()
    spoilt[mask > 0] = 255, 0, 0
    engine = MeanEngine(600 // (2 * kept))
    filled = remove(spoilt, mask, engine)
    assert np.abs(filled.astype(int) - slope).max() <= 12


def test_a_picture_without_colour_gets_none():
    class Tinting(MeanEngine):
        def inpaint(self, rgb, mask, clock=None):
            return np.where(mask[..., None] > 0, np.array((120, 130, 140), np.uint8), rgb)

    rgb = np.repeat(noise(90, 60)[..., :1], 3, axis=2)
    mask = mask_of(90, 60, np.s_[20:40, 20:40])
    rgb[mask > 0] = 255, 0, 0
    filled = remove(rgb, mask, Tinting())
    assert (filled == filled[..., :1]).all()


def test_lone_pixels_of_a_hole_in_a_large_picture_take_no_detail_from_a_corner():
    """One pixel in more than 500 is nothing in 8 bits."""
    rgb = np.full((1200, 1200, 3), 100, np.uint8)
    rgb[:40, :40] = noise(40, 40)
    mask = mask_of(1200, 1200, np.s_[150::300, 150::300])
    filled = remove(rgb, mask, MeanEngine(40))
    assert (filled[mask > 0] == 100).all()


def test_a_hole_in_the_middle_of_texture_gets_its_detail_back():
    """Stripes of one pixel vanish in a picture shrunk to a quarter."""
    texture = np.zeros((600, 600, 3), np.uint8)
    texture[:, ::2] = 255
    mask = mask_of(600, 600, np.s_[250:350, 250:350])
    filled = remove(texture, mask, MeanEngine(150))[250:350, 250:350]
    assert filled.astype(float).std() > 0.8 * texture.astype(float).std()


@pytest.mark.parametrize("count", [5, 9, 30])
def test_of_many_holes_every_one_is_filled(count):
    rgb = np.full((1500, 1500, 3), 200, np.uint8)
    places = np.random.default_rng(count).integers(0, 1480, (count, 2))
    mask = mask_of(1500, 1500, *(np.s_[y : y + 20, x : x + 20] for y, x in places))
    rgb[mask > 0] = 0
    assert np.abs(remove(rgb, mask, MeanEngine(64)).astype(int) - 200).max() <= 1


def test_a_hole_is_seen_in_the_middle_of_what_surrounds_it():
    engine = MeanEngine(512)
    remove(noise(2000, 1600), mask_of(2000, 1600, np.s_[700:740, 900:960]), engine)
    y, x = np.nonzero(engine.asked[0] >= 128)
    assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx((256, 256), abs=1)
