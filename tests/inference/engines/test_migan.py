"""MI-GAN's contract, against a graph of the same signature."""

import numpy as np
import pytest

from inference.engines.migan import MiganEngine
from inference.engines.onnx import OnnxSession
from inference.errors import EngineFailed
from inference.timing import Clock
from tests.inference.drawing import noise
from tests.inpainting_graphs import tinted, write_migan_graph


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    path = write_migan_graph(tmp_path_factory.mktemp("migan") / "migan.onnx")
    return MiganEngine(OnnxSession(path))


class Recorder:
    """Answers with a grey picture and keeps what it was given."""

    runtime = "fake"
    input_names = ("mask", "image")  # in another order than in the file
    output_names = ("result",)

    def __init__(self, answer=None):
        self.answer = np.full((1, 3, 512, 512), 77, np.uint8) if answer is None else answer
        self.feeds = []

    def run(self, outputs, feeds):
        self.feeds.append(feeds)
        return [self.answer]


def _colour(*rgb, size=(512, 512)):
    return np.full((*size, 3), rgb, np.uint8)


def _hole(size=(512, 512), where=np.s_[10:20, 30:60]):
    mask = np.zeros(size, np.uint8)
    mask[where] = 255
    return mask


@pytest.mark.parametrize("size", [(512, 512), (512, 300), (200, 90), (700, 1000)])
def test_colours_keep_their_order_and_range(engine, size):
    filled = engine.inpaint(_colour(200, 100, 20, size=size), _hole(size))
    assert np.abs(filled[15, 45] - tinted((200, 100, 20))).max() <= 1


def test_the_network_is_told_the_hole_as_0_and_the_rest_as_255():
    session = Recorder()
    MiganEngine(session).inpaint(noise(512, 512), _hole())
    assert np.array_equal(session.feeds[0]["mask"][0, 0], 255 - _hole())


def test_the_network_always_works_at_its_own_size():
    session = Recorder()
    MiganEngine(session).inpaint(noise(90, 40), _hole((40, 90)))
    assert session.feeds[0]["image"].shape == (1, 3, 512, 512)


def test_grey_values_from_128_are_hole():
    mask = np.array([[127, 128]], np.uint8)
    filled = MiganEngine(Recorder()).inpaint(np.zeros((1, 2, 3), np.uint8), mask)
    assert filled[..., 0].tolist() == [[0, 77]]


def test_the_network_is_not_asked_without_a_hole():
    session = Recorder()
    MiganEngine(session).inpaint(noise(), np.zeros((48, 64), np.uint8))
    assert not session.feeds


@pytest.mark.parametrize(
    "answer", [np.zeros((1, 3, 64, 64), np.uint8), np.zeros((1, 3, 512, 512), np.float32)]
)
def test_an_answer_of_another_kind_is_a_failure(answer):
    with pytest.raises(EngineFailed):
        MiganEngine(Recorder(answer)).inpaint(noise(), _hole((48, 64)))


def test_the_network_time_is_told_apart(engine):
    clock = Clock()
    engine.inpaint(noise(), _hole((48, 64)), clock)
    assert set(clock.milliseconds) == {"prepare", "network"}
