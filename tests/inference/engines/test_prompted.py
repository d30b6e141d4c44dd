"""Prompts without a network of their own: recipes over saliency and GrabCut."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skimage import data

from inference.arrays import Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.prompted import PromptedSaliency
from inference.engines.registry import Engines
from inference.errors import WeightsMissing
from inference.timing import Clock
from tests.graphs import install_graphs
from tests.inference.drawing import noise


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """The brightness of a crop is its saliency."""
    folder = tmp_path_factory.mktemp("graphs")
    return Engines(InferenceConfig(folder, catalogue=install_graphs(folder)))


@pytest.fixture(scope="module")
def engine(engines):
    return engines.segmentation()


def ellipses(width=480, height=320):
    """Two bright ellipses on a dark ground, and the masks of both."""
    y, x = np.mgrid[:height, :width]
    left = ((x - 130) / 70) ** 2 + ((y - 160) / 100) ** 2 < 1
    right = ((x - 360) / 60) ** 2 + ((y - 150) / 60) ** 2 < 1
    shade = 40 + 8 * np.sin(x / 9) + 6 * np.cos(y / 7)
    picture = np.repeat(shade[..., None], 3, 2)
    picture[left] = (240, 200, 190)
    picture[right] = (200, 230, 240)
    return picture.astype(np.uint8), left, right


def overlap(mask, expected):
    inside = mask > 127
    return (inside & expected).sum() / max(1, (inside | expected).sum())


def test_names_the_network_it_uses(engine):
    assert engine.name == "u2netp+grabcut"


def test_a_box_selects_the_object_in_it(engine):
    picture, left, _ = ellipses()
    assert overlap(engine.segment(picture, Prompts((), Box(60, 60, 200, 260))), left) > 0.9


class Contrast:
    """A network that takes for salient what differs from the border of what it is shown."""

    name, input_side = "contrast", 320

    def matte(self, rgb, clock=None):
        border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).mean(axis=0)
        return np.clip(np.abs(rgb - border).mean(axis=2) / 60, 0, 1).astype(np.float32)


def test_what_fills_its_box_is_looked_at_with_what_is_around_it():
    picture = np.full((320, 480, 3), 40, np.uint8)
    picture[80:240, 150:330] = 220
    mask = PromptedSaliency(Contrast).segment(picture, Prompts((), Box(150, 80, 330, 240)))
    assert overlap(mask, picture[..., 0] == 220) > 0.95


def test_nothing_outside_of_the_box_is_selected(engine):
    picture, _, right = ellipses()
    mask = engine.segment(picture, Prompts((), Box(60, 60, 200, 260)))
    assert not mask[right].any()


def test_a_click_selects_the_object_it_hits(engine):
    picture, _, right = ellipses()
    assert overlap(engine.segment(picture, Prompts((Point(360, 150),))), right) > 0.9


def test_a_second_click_adds_the_other_object(engine):
    picture, left, right = ellipses()
    mask = engine.segment(picture, Prompts((Point(360, 150), Point(130, 160))))
    assert overlap(mask, left | right) > 0.9


def test_a_background_click_alone_leaves_the_rest(engine):
    picture, left, right = ellipses()
    mask = engine.segment(picture, Prompts((Point(360, 150, is_foreground=False),)))
    assert (overlap(mask, left) > 0.8, mask[150, 360]) == (True, 0)


def test_a_background_click_in_a_box_is_left_out(engine):
    picture, _, _ = ellipses()
    prompts = Prompts((Point(360, 150, is_foreground=False),), Box(10, 10, 470, 310))
    assert engine.segment(picture, prompts)[150, 360] == 0


def test_a_click_in_a_box_chooses_among_what_is_in_it(engine):
    picture, left, right = ellipses()
    mask = engine.segment(picture, Prompts((Point(130, 160),), Box(10, 10, 470, 310)))
    assert (overlap(mask, left) > 0.85, mask[right].any()) == (True, False)


def test_a_click_outside_of_the_box_stretches_it(engine):
    picture, left, _ = ellipses()
    prompts = Prompts((Point(130, 255),), Box(60, 60, 200, 200))
    assert overlap(engine.segment(picture, prompts), left) > 0.9


def test_where_the_box_cuts_an_object_off_the_edge_is_soft(engine):
    picture, _, _ = ellipses()
    column = engine.segment(picture, Prompts((), Box(60, 60, 200, 180)))[170:190, 130]
    assert (column[0], column[-1], ((column > 0) & (column < 255)).sum()) == (255, 0, 2)


@pytest.mark.parametrize(
    "box", [Box(-20, -30, 700, 500), Box(479, 319, 500, 400), Box(-9, -9, -3, -3)], ids=str
)
def test_a_box_over_the_border_is_taken(engine, box):
    picture, _, _ = ellipses()
    assert engine.segment(picture, Prompts((), box)).shape == (320, 480)


def test_many_threads_select_the_same_as_one(engine):
    pictures = [noise(120, 90, seed) for seed in range(8)]
    prompts = Prompts((Point(40, 50),), Box(10, 10, 100, 80))
    alone = [engine.segment(picture, prompts) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda picture: engine.segment(picture, prompts), pictures * 4))
    assert np.array_equal(together, alone * 4)


def test_a_click_on_plain_ground_still_selects_what_is_there(engine):
    picture = np.full((200, 300, 3), 90, np.uint8)
    mask = engine.segment(picture, Prompts((Point(150, 100),)))
    assert mask.shape == (200, 300)


def test_the_same_prompts_select_the_same(engine):
    picture = noise(200, 150)
    prompts = Prompts((Point(40, 50), Point(100, 20, False)), Box(10, 10, 180, 140))
    assert np.array_equal(engine.segment(picture, prompts), engine.segment(picture, prompts))


def test_the_edge_is_soft_but_narrow(engine):
    picture, _, _ = ellipses()
    row = engine.segment(picture, Prompts((), Box(60, 60, 200, 260)))[160]
    assert 1 <= ((row > 0) & (row < 255)).sum() <= 8


def test_further_clicks_on_a_picture_cost_no_network(engine):
    picture = noise(333, 222)
    engine.segment(picture, Prompts((Point(100, 100),)))
    clock = Clock()
    engine.segment(picture, Prompts((Point(100, 100),)), clock)
    assert "network" not in clock.milliseconds


def test_many_clicks_run_the_network_a_bounded_number_of_times(engines, monkeypatch):
    matting = engines.matting("fast")
    runs = []
    original = matting.matte

    def counted(*given):
        runs.append(given)
        return original(*given)

    monkeypatch.setattr(matting, "matte", counted)
    rng = np.random.default_rng(1)
    places = rng.integers(0, 199, (64, 2)).tolist()
    points = tuple(Point(x, y, index % 3 != 2) for index, (x, y) in enumerate(places))
    engines.segmentation().segment(noise(200, 200), Prompts(points))
    assert 0 < len(runs) <= 24


def test_without_a_matting_network_prompts_cannot_be_served(tmp_path):
    with pytest.raises(WeightsMissing):
        Engines(InferenceConfig(tmp_path)).segmentation()


sizes = st.tuples(st.integers(1, 90), st.integers(1, 90))
shares = st.floats(0, 0.999)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes,
    st.lists(st.tuples(shares, shares, st.booleans()), max_size=4),
    st.none() | st.tuples(shares, shares, shares, shares),
    st.integers(0, 3),
)
def test_every_prompt_inside_of_every_picture_gives_a_mask(engine, size, clicks, corners, kind):
    width, height = size
    points = tuple(Point(x * width, y * height, label) for x, y, label in clicks)
    box = None
    if corners:
        left, right = sorted((corners[0] * width, corners[1] * width))
        top, bottom = sorted((corners[2] * height, corners[3] * height))
        box = Box(left, top, max(right, left + 0.01), max(bottom, top + 0.01))
    if not points and box is None:
        points = (Point(0, 0),)
    picture = noise(width, height) if kind else np.full((height, width, 3), 7, np.uint8)
    assert engine.segment(picture, Prompts(points, box)).shape == (height, width)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (3, 2000)])
def test_strips_are_taken(engine, size):
    picture = noise(*size)
    prompts = Prompts((Point(0, 0),), Box(0, 0, *size))
    assert engine.segment(picture, prompts).shape == picture.shape[:2]


@pytest.mark.weights
@pytest.mark.parametrize(
    ("photo", "prompts", "inside", "outside"),
    [
        ("astronaut", Prompts((), Box(20, 5, 470, 512)), (130, 230), (100, 30)),
        ("astronaut", Prompts((Point(230, 140),)), (130, 230), (60, 420)),
        ("coffee", Prompts((Point(300, 200),)), (250, 300), (20, 20)),
        ("rocket", Prompts((), Box(300, 100, 340, 340)), (250, 320), (250, 304)),
        ("chelsea", Prompts((Point(220, 150),)), (200, 200), (50, 20)),
    ],
)
def test_the_real_network_selects_what_is_meant(real_engines, photo, prompts, inside, outside):
    mask = real_engines.segmentation().segment(getattr(data, photo)(), prompts)
    assert (mask[inside], mask[outside]) == (255, 0)
