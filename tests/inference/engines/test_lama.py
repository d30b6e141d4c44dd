"""LaMa's contract, against a graph of the same signature."""

import numpy as np
import pytest

from inference.engines.lama import LamaEngine
from inference.engines.onnx import OnnxSession
from inference.errors import EngineFailed
from inference.timing import Clock
from tests.inference.drawing import noise
from tests.inpainting_graphs import tinted, write_lama_graph


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    path = write_lama_graph(tmp_path_factory.mktemp("lama") / "lama.onnx")
    return LamaEngine(OnnxSession(path))


class Recorder:
    """Gives a fixed answer and keeps what it was given."""

    runtime = "fake"
    input_names = ("mask", "image")  # in another order than in the file
    output_names = ("output",)

    def __init__(self, answer):
        self.answer = np.asarray(answer, np.float32)
        self.feeds = {}

    def run(self, outputs, feeds):
        self.feeds = feeds
        return [self.answer]


def _colour(*rgb, size=(512, 512)):
    return np.full((*size, 3), rgb, np.uint8)


def _hole(size=(512, 512), where=np.s_[10:20, 30:60]):
    mask = np.zeros(size, np.uint8)
    mask[where] = 255
    return mask


def _answer(value):
    return np.full((1, 3, 512, 512), value, np.float32)


@pytest.mark.parametrize("size", [(512, 512), (512, 300), (200, 90), (700, 1000)])
def test_colours_keep_their_order_and_range(engine, size):
    filled = engine.inpaint(_colour(200, 100, 20, size=size), _hole(size))
    assert np.abs(filled[15, 45] - tinted((200, 100, 20))).max() <= 1


def test_a_soft_mask_is_made_hard(engine):
    mask = np.tile(np.linspace(0, 255, 512).astype(np.uint8), (512, 1))
    filled = engine.inpaint(_colour(200, 100, 20), mask)
    assert np.abs(filled[mask >= 128] - tinted((200, 100, 20))).max() <= 1


def test_the_network_sees_nothing_but_0_and_1_in_the_mask():
    session = Recorder(_answer(0))
    LamaEngine(session).inpaint(noise(300, 200), _hole((200, 300)))
    assert set(np.unique(session.feeds["mask"])) == {0, 1}


def test_the_network_sees_colours_from_0_to_1():
    session = Recorder(_answer(0))
    LamaEngine(session).inpaint(_colour(255, 51, 0), _hole())
    assert np.allclose(session.feeds["image"][0, :, 0, 0], [1, 0.2, 0])


def test_a_mirrored_border_hides_what_the_hole_hides():
    session = Recorder(_answer(0))
    LamaEngine(session).inpaint(noise(512, 300), _hole((300, 512), np.s_[290:]))
    assert session.feeds["mask"][0, 0, 300:305].all()


@pytest.mark.parametrize(("value", "expected"), [(-5, 0), (99.4, 99), (99.6, 100), (300, 255)])
def test_answers_are_rounded_and_clipped(value, expected):
    filled = LamaEngine(Recorder(_answer(value))).inpaint(_colour(1, 2, 3), _hole())
    assert filled[15, 45].tolist() == [expected] * 3


@pytest.mark.parametrize("answer", [_answer(np.nan), np.zeros((1, 3, 64, 64))])
def test_an_answer_of_another_kind_is_a_failure(answer):
    with pytest.raises(EngineFailed):
        LamaEngine(Recorder(answer)).inpaint(noise(), _hole((48, 64)))


def test_the_network_is_not_asked_without_a_hole():
    session = Recorder(_answer(0))
    LamaEngine(session).inpaint(noise(), np.zeros((48, 64), np.uint8))
    assert not session.feeds


def test_the_network_time_is_told_apart(engine):
    clock = Clock()
    engine.inpaint(noise(), _hole((48, 64)), clock)
    assert set(clock.milliseconds) == {"prepare", "network"}
