"""MobileSAM's engine over graphs that paint what they are told: where, and with which label."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest

from inference.arrays import Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.mobile_sam import MobileSamEngine
from inference.engines.onnx import OnnxSession
from inference.engines.registry import Engines
from inference.errors import EngineFailed
from inference.timing import Clock
from tests import sam_graphs
from tests.inference.drawing import noise

SIZES = [(1600, 400), (400, 1600), (700, 700), (1024, 683), (2600, 1733), (60, 40), (3000, 16)]


class Counting:
    """A session that remembers what it was fed."""

    def __init__(self, session):
        self.session = session
        self.fed = []

    runtime = "fake"
    input_names = property(lambda self: self.session.input_names)
    output_names = property(lambda self: self.session.output_names)

    def run(self, outputs, feeds):
        self.fed.append(feeds)
        return self.session.run(outputs, feeds)


@pytest.fixture(scope="module", params=[4, 1], ids=["four candidates", "one candidate"])
def sessions(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sam")
    onnx.save(sam_graphs.encoder(), str(folder / "encoder.onnx"))
    onnx.save(sam_graphs.decoder(request.param), str(folder / "decoder.onnx"))
    return OnnxSession(folder / "encoder.onnx"), OnnxSession(folder / "decoder.onnx")


@pytest.fixture
def encoder(sessions):
    return Counting(sessions[0])


@pytest.fixture
def decoder(sessions):
    return Counting(sessions[1])


@pytest.fixture
def engine(encoder, decoder):
    return MobileSamEngine(encoder, decoder)


def disc(size, x, y):
    """What the decoder paints around a click, in pixels of the picture."""
    width, height = size
    rows, columns = np.ogrid[:height, :width]
    radius = sam_graphs.RADIUS * max(size) / 1024
    return np.hypot(columns + 0.5 - x, rows + 0.5 - y) < radius


def overlap(mask, expected):
    inside = mask > 127
    return (inside & expected).sum() / max(1, (inside | expected).sum())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("across", "down"), [(0.25, 0.7), (0.9, 0.1), (0.5, 0.5)])
def test_a_click_selects_where_it_is(engine, size, across, down):
    x, y = size[0] * across, size[1] * down
    mask = engine.segment(noise(*size), Prompts((Point(x, y),)))
    assert overlap(mask, disc(size, x, y)) > 0.9


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_box_selects_itself(engine, size):
    left, top, right, bottom = (
        round(side * 0.25 + 0.25 * side * i) for i in (0, 2) for side in size
    )
    mask = engine.segment(noise(*size), Prompts((), Box(left, top, right, bottom)))
    expected = np.zeros(size[::-1], bool)
    expected[top:bottom, left:right] = True
    # One pixel of the frame is three of the longest strip.
    assert overlap(mask, expected) > (0.9 if min(size) > 16 else 0.7)


def test_a_background_click_is_left_out(engine):
    prompts = Prompts((Point(100, 100), Point(120, 100, is_foreground=False)))
    mask = engine.segment(noise(1024, 700), prompts)
    assert mask[100, 120] == 0


def test_a_mask_has_the_size_of_the_picture_and_8_bits(engine):
    mask = engine.segment(noise(301, 200), Prompts((Point(5, 5),)))
    assert (mask.shape, mask.dtype) == ((200, 301), np.uint8)


def test_the_edge_is_at_most_two_pixels_soft(engine):
    mask = engine.segment(noise(1024, 700), Prompts((Point(500, 350),)))
    row = mask[350]
    assert ((row > 0) & (row < 255)).sum() <= 4


def test_the_picture_is_fed_with_1024_pixels_on_its_longest_side(engine, encoder):
    engine.segment(noise(2000, 1000), Prompts((Point(5, 5),)))
    assert encoder.fed[0]["input_image"].shape == (512, 1024, 3)


def test_the_picture_is_fed_as_0_to_255(engine, encoder):
    engine.segment(np.full((10, 10, 3), 200, np.uint8), Prompts((Point(5, 5),)))
    assert encoder.fed[0]["input_image"].mean() == pytest.approx(200)


def test_clicks_come_with_one_padding_point(engine, decoder):
    engine.segment(noise(1024, 512), Prompts((Point(8, 9), Point(3, 4, False))))
    assert decoder.fed[0]["point_labels"].tolist() == [[1, 0, -1]]


def test_a_box_comes_as_its_corners_without_padding(engine, decoder):
    engine.segment(noise(1024, 512), Prompts((Point(8, 9),), Box(1, 2, 30, 40)))
    assert decoder.fed[0]["point_labels"].tolist() == [[1, 2, 3]]


def test_the_corners_of_a_box_follow_the_clicks(engine, decoder):
    engine.segment(noise(1024, 512), Prompts((Point(8, 9),), Box(1, 2, 30, 40)))
    assert decoder.fed[0]["point_coords"].tolist() == [[[8, 9], [1, 2], [30, 40]]]


def test_no_mask_is_fed(engine, decoder):
    engine.segment(noise(100, 100), Prompts((Point(8, 9),)))
    fed = decoder.fed[0]
    assert (fed["mask_input"].any(), fed["has_mask_input"].tolist()) == (False, [0])


def test_further_prompts_on_a_picture_cost_only_the_decoder(engine, encoder):
    picture = noise(300, 200)
    for x in range(10, 60, 10):
        engine.segment(picture, Prompts((Point(x, 50),)))
    assert len(encoder.fed) == 1


def test_another_picture_is_encoded_anew(engine, encoder):
    for shade in (10, 200):
        engine.segment(np.full((20, 30, 3), shade, np.uint8), Prompts((Point(5, 5),)))
    assert len(encoder.fed) == 2


def test_a_picture_laid_on_its_side_is_encoded_anew(engine, encoder):
    """Of one colour all through, its bytes are the same in another shape."""
    for shape in ((20, 30, 3), (30, 20, 3)):
        engine.segment(np.full(shape, 90, np.uint8), Prompts((Point(5, 5),)))
    assert [fed["input_image"].shape[:2] for fed in encoder.fed] == [(683, 1024), (1024, 683)]


def test_a_picture_that_differs_in_one_pixel_is_encoded_anew(engine, encoder):
    picture = noise(300, 200)
    other = picture.copy()
    other[100, 100] ^= 255
    for each in (picture, other):
        engine.segment(each, Prompts((Point(5, 5),)))
    assert len(encoder.fed) == 2


def test_each_picture_is_decoded_with_its_own_embedding(engine, decoder):
    for shade in (10, 200, 10):
        engine.segment(np.full((20, 30, 3), shade, np.uint8), Prompts((Point(5, 5),)))
    assert [float(fed["image_embeddings"].mean().round()) for fed in decoder.fed] == [10, 200, 10]


def test_a_bounded_number_of_pictures_is_remembered(engine, encoder):
    for shade in [*range(17), 0]:
        engine.segment(np.full((20, 30, 3), shade, np.uint8), Prompts((Point(5, 5),)))
    assert len(encoder.fed) == 18


def test_sixteen_pictures_are_remembered(engine, encoder):
    for shade in [*range(16), 0]:
        engine.segment(np.full((20, 30, 3), shade, np.uint8), Prompts((Point(5, 5),)))
    assert len(encoder.fed) == 16


def test_the_same_picture_from_many_threads_is_encoded_once(engine, encoder):
    picture = noise(300, 200)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda x: engine.segment(picture, Prompts((Point(x, 5),))), range(16)))
    assert len(encoder.fed) == 1


def test_an_answer_that_is_no_number_is_an_error(sessions):
    class Broken(Counting):
        def run(self, outputs, feeds):
            masks, scores = super().run(outputs, feeds)
            return [masks * np.nan, scores]

    engine = MobileSamEngine(sessions[0], Broken(sessions[1]))
    with pytest.raises(EngineFailed):
        engine.segment(noise(30, 20), Prompts((Point(5, 5),)))


def test_a_single_click_takes_the_candidate_predicted_best(tmp_path):
    catalogue = sam_graphs.install(tmp_path)
    engine = Engines(InferenceConfig(tmp_path, catalogue=catalogue)).segmentation()
    # The first single-click candidate selects nothing; only the best predicted one is right.
    assert engine.segment(noise(64, 64), Prompts((Point(30, 30),)))[30, 30] == 255


def test_the_registry_prefers_mobile_sam_where_it_is_installed(tmp_path):
    catalogue = sam_graphs.install(tmp_path)
    engines = Engines(InferenceConfig(tmp_path, catalogue=catalogue))
    assert (engines.segmentation().name, engines.status()["segmentation"]) == ("mobilesam",) * 2


def test_prompts_can_be_served_without_any_matting_network(tmp_path):
    catalogue = sam_graphs.install(tmp_path)
    engines = Engines(InferenceConfig(tmp_path, catalogue=catalogue))
    assert (engines.has_segmentation(), engines.has_matting()) == (True, False)


def test_tells_the_time_of_both_networks(engine):
    clock = Clock()
    engine.segment(noise(64, 64), Prompts((Point(30, 30),)), clock)
    assert set(clock.milliseconds) == {"prepare", "network"}
