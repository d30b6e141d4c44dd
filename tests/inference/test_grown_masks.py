"""How far masks of what is to be removed are grown."""

import cv2
import numpy as np
import pytest

from inference.removal import grow
from tests.inference.drawing import mask_of


def test_a_grown_mask_reaches_three_pixels_further():
    grown = grow(mask_of(41, 41, np.s_[20, 20]))
    assert grown[20, 17] == grown[23, 20] == 255 and grown[20, 16] == grown[23, 23] == 0


def test_a_grown_mask_reaches_further_in_a_wide_picture():
    grown = grow(mask_of(1000, 41, np.s_[20, 500]))
    assert grown[20].nonzero()[0].tolist() == list(range(488, 513))


def test_a_grown_mask_reaches_no_further_in_a_tall_picture():
    grown = grow(mask_of(100, 2000, np.s_[1000:1010, 40:50]))
    assert np.flatnonzero(grown.any(axis=1)).tolist() == [*range(997, 1013)]


@pytest.mark.parametrize("place", [np.s_[:5, :5], np.s_[-5:, -5:], np.s_[:, 20:30], np.s_[7, 7]])
def test_a_grown_mask_is_all_that_is_near_enough(place):
    mask = mask_of(500, 400, place)
    distance = cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown = grow(mask) > 0
    # 1.2 % of 500 pixels, which the quick measure of distances misses by 2 % at most.
    assert grown[distance <= 5.8].all() and not grown[distance > 6.2].any()


def test_an_empty_mask_does_not_grow():
    assert not grow(mask_of(9, 9)).any()
