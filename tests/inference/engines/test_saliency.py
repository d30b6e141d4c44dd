"""What goes into a saliency network and what is made of its answer."""

import numpy as np
import pytest

from inference.engines.saliency import RECIPES, SaliencyEngine, stretch, to_tensor
from inference.errors import EngineFailed


class FixedSession:
    """Answers with the same map, whatever it is asked."""

    runtime = "fake"
    input_names = ("input.1",)
    output_names = ("1959", "1960")

    def __init__(self, answer):
        self.answer = answer
        self.asked = None

    def run(self, outputs, feeds):
        self.asked = tuple(outputs)
        return [self.answer]


def _colour(*rgb, side=320):
    return np.full((side, side, 3), rgb, np.uint8)


def test_divides_by_the_brightest_value_for_u2netp():
    tensor = to_tensor(_colour(100, 50, 0), RECIPES["u2netp"])
    expected = (np.array([1, 0.5, 0]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert np.allclose(tensor[0, :, 0, 0], expected, atol=1e-5)


def test_subtracts_128_and_divides_by_256_for_isnet():
    tensor = to_tensor(_colour(0, 128, 255), RECIPES["isnet"])
    assert np.allclose(tensor[0, :, 0, 0], [-0.5, 0, 127 / 256], atol=1e-6)


def test_a_black_picture_is_not_divided_by_zero():
    assert np.isfinite(to_tensor(_colour(0, 0, 0), RECIPES["u2netp"])).all()


@pytest.mark.parametrize(("name", "side"), [("u2netp", 320), ("isnet", 1024)])
def test_squeezes_the_picture_to_the_networks_input(name, side):
    tensor = to_tensor(np.zeros((30, 700, 3), np.uint8), RECIPES[name])
    assert tensor.shape == (1, 3, side, side) and tensor.dtype == np.float32


def test_a_thin_line_is_averaged_instead_of_skipped():
    picture = np.zeros((2000, 1, 3), np.uint8)
    picture[1001] = 255
    assert to_tensor(picture, RECIPES["isnet"]).max() > -0.5


def test_asks_for_the_first_output_only():
    session = FixedSession(np.zeros((1, 1, 4, 4), np.float32))
    SaliencyEngine("u2netp", session, RECIPES["u2netp"]).matte(_colour(1, 2, 3))
    assert session.asked == ("1959",)


def test_stretches_the_answer_to_0_and_1():
    matte = stretch(np.array([[0.2, 0.4], [0.5, 0.6]], np.float32))
    assert np.allclose(matte, [[0, 0.5], [0.75, 1]])


@pytest.mark.parametrize(("value", "expected"), [(-3, 0), (0.25, 0.25), (7, 1)])
def test_a_constant_answer_is_clipped(value, expected):
    assert stretch(np.full((2, 2), value, np.float32)).tolist() == [[expected] * 2] * 2


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_answer_that_is_no_number_is_a_failure(value):
    with pytest.raises(EngineFailed):
        stretch(np.array([[0, value]], np.float32))
