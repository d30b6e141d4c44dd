"""Ranges of 8-bit integers: what of a picture they keep, and what they leave out."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.saliency import RECIPES, to_tensor
from inference.optimising import ranges

openvino = pytest.importorskip("openvino", reason="OpenVINO is made for x86-64 only")

SIDE = 64
DOUBLED, HALVED = "/stage1/double", "/stage1d/halve"
REACH = st.floats(1e-3, 1e3)


@given(REACH, REACH)
def test_zero_is_one_of_the_levels(below, above):
    found = ranges.holding(-below, above)
    level = -found.low / (found.high - found.low) * (ranges.LEVELS - 1)
    assert level == pytest.approx(round(level), abs=1e-6)


@given(REACH, REACH)
def test_a_range_holds_what_it_is_made_for(below, above):
    found = ranges.holding(-below, above)
    assert found.low <= -below * (1 - 1e-9) and found.high >= above * (1 - 1e-9)


@given(REACH)
def test_what_is_never_below_zero_gets_all_levels_above_it(above):
    assert ranges.holding(0.0, above) == ranges.Range(0.0, above)


@pytest.mark.parametrize("grey", [0, 255])
@pytest.mark.parametrize("name", RECIPES)
def test_the_input_keeps_black_and_white(name, grey):
    # Something white beside it: U2-Net counts from the brightest pixel.
    rgb = np.full((8, 8, 3), grey, np.uint8)
    rgb[0] = 255
    tensor = to_tensor(rgb, RECIPES[name])
    found = ranges.of_input(RECIPES[name])
    assert found.low <= tensor.min() + 1e-6 and found.high >= tensor.max() - 1e-6


def test_no_two_levels_of_is_nets_input_become_one():
    found = ranges.of_input(RECIPES["isnet"])
    step = (found.high - found.low) / (ranges.LEVELS - 1)
    levels = [round((grey - 128) / 256 / step) for grey in range(256)]
    assert all(one < other for one, other in pairwise(levels))


def quantised():
    """A picture doubled, then halved, with a range of -1 to 1 in front and after each of them."""
    operations = openvino.opset13

    def limited(values, name):
        bounds = [np.float32(each) for each in (-1, 1, -1, 1)]
        layer = operations.fake_quantize(values, *map(operations.constant, bounds), ranges.LEVELS)
        layer.set_friendly_name(name)
        return layer

    picture = operations.parameter([1, 3, SIDE, SIDE], np.float32, name="input")
    doubled = operations.multiply(limited(picture, "first"), np.float32(2))
    halved = operations.multiply(limited(doubled, DOUBLED), np.float32(0.5))
    return openvino.Model([limited(halved, HALVED)], [picture], "small")


def bounds(model, name):
    (layer,) = (each for each in model.get_ops() if each.get_friendly_name() == name)
    return [float(layer.input_value(i).get_node().data.flat[0]) for i in (1, 2, 3, 4)]


def picture(value, spot):
    """Of one value, but for a single pixel."""
    tensor = np.full((1, 3, SIDE, SIDE), value, np.float32)
    tensor[0, 0, 0, 0] = spot
    return tensor


@pytest.fixture
def spread():
    """The graph after it saw quiet pictures of which most have one bright spot."""
    model = quantised()
    seen = [*[picture(0.25, 8.0)] * 9, picture(0.125, 0.125)]
    ranges.spread(model, "stage1d", iter(seen))
    return model


def test_a_layer_that_looks_at_the_picture_keeps_its_bright_spots(spread):
    assert bounds(spread, DOUBLED) == [0, 16, 0, 16]


def test_a_layer_that_is_narrowed_leaves_bright_spots_out(spread):
    assert bounds(spread, HALVED) == [0, 0.25, 0, 0.25]


def test_ranges_are_of_what_32_bits_reach(spread):
    """Not of what the ranges from before let through."""
    assert bounds(spread, DOUBLED)[1] > 2


def test_the_input_is_left_to_what_pictures_can_hold(spread):
    assert bounds(spread, "first") == [-1, 1, -1, 1]


def test_one_picture_unlike_all_others_does_not_take_the_range():
    model = quantised()
    ranges.spread(model, "stage1d", [*[picture(0.25, 0.25)] * 9, picture(0.25, 80.0)])
    assert bounds(model, DOUBLED) == [0, 0.5, 0, 0.5]


def test_a_layer_that_nothing_reaches_keeps_its_range():
    model = quantised()
    ranges.spread(model, "stage1d", [picture(0.0, 0.0)])
    assert bounds(model, DOUBLED) == [-1, 1, -1, 1]


def test_the_input_is_widened_to_what_pictures_can_hold():
    model = quantised()
    ranges.widen_input(model, RECIPES["isnet"])
    wanted = ranges.of_input(RECIPES["isnet"])
    assert bounds(model, "first") == pytest.approx([wanted.low, wanted.high] * 2)
