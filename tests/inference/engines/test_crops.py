"""What is remembered of a picture is never taken for another: pairs that differ in one thing."""

from dataclasses import dataclass

import numpy as np
import pytest

from inference.arrays import Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.crops import CropMattes, Rect
from inference.engines.registry import Engines
from inference.pipelines import extract_object, remove_object, segment_image
from inference.timing import Clock
from tests.graphs import install_graphs
from tests.inference.drawing import encode, noise, with_orientation

PICTURE = noise(300, 240)
RECT = Rect(40, 30, 240, 200)


@dataclass
class Weighing:
    """A network whose answer says which it is, and depends on every value of what it is given."""

    name: str = "one"
    input_side: int = 320
    factor: float = 1.0

    def matte(self, rgb, clock=None):
        weights = np.array((3, 5, 7), np.float32) * np.float32(self.factor)
        return np.asarray(rgb @ weights, np.float32)


def brighter_by_one():
    changed = PICTURE.copy()
    changed[100, 100] = np.where(changed[100, 100] > 200, 0, changed[100, 100] + 40)
    return changed


ASKED = {
    "another network": (Weighing("other", factor=2.0), PICTURE, RECT),
    "another size of its input": (Weighing("other", 256), PICTURE, RECT),
    "one pixel": (Weighing(), brighter_by_one(), RECT),
    "colours in another order": (Weighing(), PICTURE[..., ::-1].copy(), RECT),
    "a picture turned round": (Weighing(), PICTURE[::-1, ::-1].copy(), RECT),
    "a picture mirrored": (Weighing(), PICTURE[:, ::-1].copy(), RECT),
    "a picture laid on its side": (Weighing(), PICTURE.transpose(1, 0, 2).copy(), RECT),
    "a part a pixel further": (Weighing(), PICTURE, Rect(41, 30, 241, 200)),
    "a part a pixel larger": (Weighing(), PICTURE, Rect(40, 30, 240, 201)),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_another_question_gets_its_own_answer(asked):
    engine, rgb, rect = asked
    mattes, clock = CropMattes(), Clock()
    mattes.of(Weighing(), PICTURE, RECT, clock)
    alone = CropMattes().of(engine, rgb, rect, clock)
    assert np.array_equal(mattes.of(engine, rgb, rect, clock), alone)


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_the_two_answers_of_each_pair_differ(asked):
    engine, rgb, rect = asked
    first = CropMattes().of(Weighing(), PICTURE, RECT, Clock())
    assert not np.array_equal(CropMattes().of(engine, rgb, rect, Clock()), first)


def test_the_same_part_of_a_copy_is_not_looked_at_again():
    mattes, clock = CropMattes(), Clock()
    first = mattes.of(Weighing(), PICTURE, RECT, clock)
    assert mattes.of(Weighing(), PICTURE.copy(), RECT, clock) is first


def bright_corner(side=160):
    """Bright at the top left, so that each turn of it is another picture."""
    picture = np.full((side, side, 3), 30, np.uint8)
    picture[10:90, 10:70] = 230, 220, 200
    return picture


def half_transparent():
    opaque = np.full((160, 160, 1), 255, np.uint8)
    opaque[:50] = 0
    return np.dstack([bright_corner(), opaque])


PROMPTS = Prompts((Point(40, 45),), Box(5, 5, 120, 130))
FIRST = with_orientation(bright_corner(), "PNG", 1)
OTHERS = {
    "a turn in the EXIF": (with_orientation(bright_corner(), "PNG", 6), {}),
    "a mirror in the EXIF": (with_orientation(bright_corner(), "PNG", 2), {}),
    "a part that is transparent": (encode(half_transparent(), "PNG"), {}),
    "a smaller result": (FIRST, {"max_side": 80}),
}


@pytest.fixture
def engines(tmp_path):
    catalogue = install_graphs(tmp_path)
    return lambda: Engines(InferenceConfig(tmp_path, catalogue=catalogue))


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("operation", [segment_image, extract_object, remove_object])
def test_a_picture_seen_before_does_not_change_what_comes_of_another(engines, operation, other):
    data, options = other
    asked = engines()
    operation(FIRST, PROMPTS, engines=asked)
    after = operation(data, PROMPTS, engines=asked, **options)
    assert after.data == operation(data, PROMPTS, engines=engines(), **options).data


def test_fine_edges_do_not_change_fast_ones_after_them(engines):
    asked = engines()
    segment_image(FIRST, PROMPTS, engines=asked, edges="fine")
    after = segment_image(FIRST, PROMPTS, engines=asked, edges="fast")
    assert after.data == segment_image(FIRST, PROMPTS, engines=engines(), edges="fast").data
