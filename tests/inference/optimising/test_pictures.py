"""The pictures that graphs are calibrated on and judged by."""

import numpy as np
import pytest

from inference.errors import OptimiserMissing
from inference.optimising import pictures
from inference.optimising.pictures import calibration_pictures, judged_scenes
from tests.extras import extra


def test_no_photograph_is_in_both_sets():
    assert not set(pictures._CALIBRATION_PHOTOGRAPHS) & set(pictures._JUDGED_PHOTOGRAPHS)


def test_calibrating_twice_takes_the_same_pictures():
    once, again = calibration_pictures(4), calibration_pictures(4)
    assert all(np.array_equal(one, other) for one, other in zip(once, again, strict=True))


@pytest.mark.parametrize("count", [1, 5])
def test_as_many_pictures_are_taken_as_are_asked_for(count):
    assert len(calibration_pictures(count)) == count


def test_all_are_colour_pictures():
    both = [*calibration_pictures(6), *(scene.rgb for scene in judged_scenes(2))]
    assert {(rgb.ndim, rgb.shape[-1], rgb.dtype.name) for rgb in both} == {(3, 3, "uint8")}


def test_composites_come_with_their_exact_alpha():
    truths = [scene.truth for scene in judged_scenes(3) if scene.truth is not None]
    assert [(truth.min(), truth.max()) for truth in truths] == [(0, 255)] * 3


def test_what_is_missing_is_named_as_it_is_to_be_installed():
    wanted = " ".join(f"'{line}'" for line in extra("optimise"))
    assert f"pip install {wanted}." in str(OptimiserMissing())
