"""A picture with a hole in small: what a fill is made for."""

import numpy as np

from inference.removal.detail import shrink


def test_one_pixel_of_a_hole_touches_its_area_however_large_that_is():
    hole = np.zeros((400, 6000), np.uint8)
    hole[100, 1000] = 255
    picture = np.full((400, 6000, 3), 60, np.uint8)
    assert shrink(picture, hole, (60, 4)).touched.sum() == 1
