"""IoU and boundary IoU on shapes whose values are known."""

import numpy as np
import pytest

from inference.optimising.judging import compare


def square(left, side=40, canvas=100):
    matte = np.zeros((canvas, canvas), np.float32)
    matte[30 : 30 + side, left : left + side] = 1
    return matte


def test_a_matte_agrees_with_itself():
    assert compare([square(20)], [square(20)]).iou == 1


def test_half_an_overlap_is_a_third():
    assert compare([square(20)], [square(40)]).iou == pytest.approx(1 / 3)


def test_what_is_apart_has_nothing_in_common():
    assert compare([square(0)], [square(60)]).iou == 0


def test_two_empty_mattes_agree():
    empty = np.zeros((10, 10), np.float32)
    assert compare([empty], [empty]).iou == 1


def test_the_boundary_counts_only_what_is_near_the_outline():
    full, hollow = square(20), square(20)
    hollow[45:55, 35:45] = 0
    found = compare([full], [hollow])
    assert (found.iou < 1, found.boundary_iou < 1) == (True, True)


def test_a_shift_costs_the_boundary_more_than_the_whole():
    found = compare([square(20)], [square(22)])
    assert found.boundary_iou < found.iou


def test_the_worst_picture_is_told():
    assert compare([square(20), square(0)], [square(20), square(60)]).worst == 0


def test_the_boundary_is_two_hundredths_of_the_diagonal_wide():
    """Three pixels of 100 x 100: without all that is further inside, the boundary is the same."""
    ring = square(20)
    ring[33:67, 23:57] = 0
    assert compare([square(20)], [ring]).boundary_iou == 1


def test_the_boundary_of_a_small_picture_is_one_pixel_wide():
    left, right = np.zeros((2, 10, 10), np.float32)
    left[:, :4], right[:, 6:] = 1, 1
    assert compare([left], [right]).boundary_iou == 0


def test_the_frame_of_the_picture_counts_as_outline():
    full = np.ones((100, 100), np.float32)
    assert compare([full], [np.zeros_like(full)]).boundary_iou == 0


def test_mattes_are_cut_at_one_half():
    faint = square(20) * np.float32(0.4)
    assert compare([faint], [np.zeros_like(faint)]).iou == 1
