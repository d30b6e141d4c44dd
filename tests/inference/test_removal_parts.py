"""The parts of object removal: windows, small pictures, and the places that detail is taken from."""

import numpy as np
import pytest

from inference.engines import square
from inference.removal import detail, matching, regions, remove
from tests.inference.drawing import noise


class Watching:
    """Fills with black, and keeps what it was given."""

    name = "watching"

    def __init__(self, work_side):
        self.work_side = work_side
        self.asked = []

    def inpaint(self, rgb, mask, clock=None):
        self.asked.append((rgb, mask))
        return np.where(mask[..., None] >= 128, np.uint8(0), rgb)


def hole(width, height, place):
    mask = np.zeros((height, width), np.uint8)
    mask[place] = 255
    return mask


@pytest.mark.parametrize(
    "place",
    [np.s_[:9, :9], np.s_[-9:, -9:], np.s_[:9, -9:], np.s_[-9:, :9], np.s_[800:809, 800:809]],
)
def test_a_window_is_as_large_at_the_border_as_in_the_middle(place):
    (region,) = regions.find(hole(2000, 1600, place), 512)
    assert (region.window.width, region.window.height) == (512, 512)


@pytest.mark.parametrize("place", [np.s_[:9, :9], np.s_[-9:, -9:]])
def test_a_window_stays_within_the_picture(place):
    (region,) = regions.find(hole(2000, 1600, place), 512)
    window = region.window
    assert min(window.left, window.top, 2000 - window.right, 1600 - window.bottom) >= 0


def test_a_lone_pixel_is_seen_with_what_is_around_it():
    (region,) = regions.find(hole(1000, 1000, np.s_[500, 500]), 32)
    assert (region.window.width, region.window.height) == (193, 193)


def test_an_engine_is_asked_for_the_hole_and_not_for_what_is_invisible():
    rgb, alpha = noise(400, 400), np.zeros((400, 400), np.uint8)
    alpha[100:300, 100:300] = 255
    engine = Watching(100)
    remove(rgb, hole(400, 400, np.s_[180:220, 180:220]), engine, alpha=alpha)
    ((_, asked),) = engine.asked
    # 232 pixels are seen as 100, of which the hole takes 17.2 a side.
    assert 17**2 <= (asked >= 128).sum() <= 18**2


def test_a_quarter_of_an_area_beside_known_ones_is_not_enough_to_know_it():
    """It may be no more than the soft border of what is removed."""
    small = detail.shrink(noise(40, 40), hole(40, 40, np.s_[:, 17:]), (10, 10))
    assert [bool(column.all()) for column in small.hole.T] == [False] * 4 + [True] * 6


def test_a_quarter_of_each_area_is_enough_where_no_more_is_known():
    mask = hole(40, 40, np.s_[:])
    mask[::2, ::2] = 0
    assert not detail.shrink(noise(40, 40), mask, (10, 10)).hole.any()


def test_detail_is_taken_where_a_whole_patch_lies_in_the_picture_and_beside_the_hole():
    touched = hole(60, 50, np.s_[20:30, 20:30]) > 0
    match = matching.best_matches(noise(60, 50), touched, touched)
    assert match is not None
    rows, columns = np.divmod(match[touched], 60)
    is_inside = (rows >= 3) & (rows < 47) & (columns >= 3) & (columns < 57)
    is_beside = (rows < 17) | (rows >= 33) | (columns < 17) | (columns >= 33)
    assert (is_inside & is_beside).all()


def test_a_lone_pixel_of_a_large_square_stays_unknown_in_a_small_one():
    _, unknown = square.squared(noise(1200, 1200), hole(1200, 1200, np.s_[700, 300]), 512)
    assert unknown[298, 128] == 255


def test_large_holes_are_seen_together_where_each_is_in_what_surrounds_the_other():
    assert (
        len(
            regions.find(
                hole(3000, 1000, np.s_[400:550, [*range(300, 450), *range(900, 1050)]]), 64
            )
        )
        == 2
    )
    assert (
        len(
            regions.find(hole(3000, 1000, np.s_[400:550, [*range(300, 450), *range(640, 790)]]), 64)
        )
        == 1
    )


def test_of_too_many_holes_those_are_seen_together_that_lie_nearest():
    mask = np.zeros((4000, 4000), np.uint8)
    for y, x in (100, 100), (100, 3900), (3900, 100), (3900, 3900), (3400, 3900):
        mask[y, x] = 255
    found = [region.holes for region in regions.find(mask, 512)]
    assert sorted(one.height for one in found) == [1, 1, 1, 501]


def test_an_enlarged_fill_lies_where_it_lay_in_small():
    """A slope would be brighter or darker if it had moved."""
    slope = np.repeat(np.tile(np.arange(0, 256, 2, dtype=np.uint8), (128, 1))[..., None], 3, axis=2)
    for picture in (slope, np.ascontiguousarray(slope.transpose(1, 0, 2))):
        mask = hole(128, 128, np.s_[40:90, 40:90])
        small = detail.shrink(picture, mask, (32, 32))
        filled = detail.shrink(picture, np.zeros_like(mask), (32, 32)).rgb
        colours = detail.enlarge(picture, small, filled, None, mask.nonzero())
        assert np.abs(colours.astype(int) - picture[mask > 0]).max() <= 1


def test_detail_comes_from_what_looks_alike():
    """A hole over the line between fine stripes and a plain ground."""
    truth = np.full((600, 600, 3), 180, np.uint8)
    truth[:, :300:2], truth[:, 1:300:2] = 0, 200
    mask = hole(600, 600, np.s_[230:370, 230:370])
    small = detail.shrink(truth, np.zeros_like(mask), (150, 150)).rgb

    class Knowing(Watching):
        def inpaint(self, rgb, mask, clock=None):
            return np.where(mask[..., None] >= 128, small, rgb)

    filled = remove(truth, mask, Knowing(150))[mask > 0].reshape(140, 140, 3).astype(float)
    assert filled[:, :60].std() > 80 and filled[:, 80:].std() < 8
