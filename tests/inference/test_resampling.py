"""Resizing, each axis by the filter that fits it."""

import cv2
import numpy as np
import pytest

from inference.resampling import bounded, resize


@pytest.mark.parametrize("size", [(5, 9), (40, 30), (5, 30), (40, 9), (20, 10)])
def test_gives_the_size_wanted(size):
    assert resize(np.zeros((10, 20, 3), np.uint8), size).shape == (size[1], size[0], 3)


def test_gives_the_same_array_when_nothing_changes():
    array = np.zeros((10, 20), np.uint8)
    assert resize(array, (20, 10)) is array


def test_averages_where_it_shrinks():
    stripes = np.tile(np.array([0, 200], np.uint8), (4, 50))
    assert (resize(stripes, (10, 4)) == 100).all()


def test_averages_a_strip_that_grows_on_the_other_axis():
    stripes = np.tile(np.array([[0], [200]], np.uint8), (500, 1))
    assert (resize(stripes, (8, 10)) == 100).all()


@pytest.mark.parametrize("size", [(4000, 3000), (2560, 2560), (10_000, 2600), (4001, 3000)])
def test_halving_first_changes_little(size):
    picture = np.random.default_rng(0).integers(100, 140, (size[1], size[0]), np.uint8)
    plain = cv2.resize(picture, (320, 320), interpolation=cv2.INTER_AREA)
    assert np.abs(resize(picture, (320, 320)).astype(int) - plain).max() <= 2


def test_a_mirrored_picture_shrinks_to_the_mirror_image():
    picture = np.random.default_rng(0).integers(0, 256, (2570, 3001, 3), np.uint8)
    there, back = resize(picture, (320, 320)), resize(picture[::-1, ::-1].copy(), (320, 320))
    assert np.abs(there.astype(int) - back[::-1, ::-1]).max() <= 1


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((400, 300), None, (400, 300)),
        ((400, 300), 400, (400, 300)),
        ((400, 300), 200, (200, 150)),
        ((300, 400), 200, (150, 200)),
        ((10_000, 1), 100, (100, 1)),
    ],
)
def test_bounds_the_longest_side(size, max_side, expected):
    assert bounded(size, max_side) == expected
