"""What clicks do to each other: whatever else is selected, every one of them is heeded."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from inference.arrays import Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.division import divide
from inference.engines.registry import Engines
from tests.graphs import install_graphs
from tests.inference.drawing import noise

WIDTH, HEIGHT = 160, 120
APART = 12
"""Pixels between clicks: nearer ones may contradict each other."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """The brightness of a crop is its saliency."""
    folder = tmp_path_factory.mktemp("graphs")
    return Engines(InferenceConfig(folder, catalogue=install_graphs(folder))).segmentation()


def touching(width=480, height=320):
    """A reddish disc and a bluish one that touch, bright on black: one salient component."""
    y, x = np.ogrid[:height, :width]
    left = np.hypot(x - 160, y - 160) < 80
    right = np.hypot(x - 318, y - 160) < 80
    picture = np.zeros((height, width, 3), np.uint8)
    picture[right] = 200, 210, 255
    picture[left] = 255, 210, 200
    return picture, left, right & ~left


def overlap(mask, expected):
    inside = mask > 127
    return (inside & expected).sum() / max(1, (inside | expected).sum())


def test_without_a_background_click_things_that_touch_are_selected_together(engine):
    picture, left, right = touching()
    assert overlap(engine.segment(picture, Prompts((Point(160, 160),))), left | right) > 0.9


def test_a_background_click_divides_what_touches(engine):
    picture, left, _ = touching()
    clicks = Point(160, 160), Point(318, 160, is_foreground=False)
    # Some of the other disc may stay: a crop can cut it off where its own edge is.
    assert overlap(engine.segment(picture, Prompts(clicks)), left) > 0.75


def test_a_background_click_divides_from_either_side(engine):
    picture, _, right = touching()
    clicks = Point(160, 160, is_foreground=False), Point(318, 160)
    assert overlap(engine.segment(picture, Prompts(clicks)), right) > 0.75


def test_a_background_click_in_a_box_divides_what_touches(engine):
    picture, left, _ = touching()
    clicks = Point(160, 160), Point(318, 160, is_foreground=False)
    assert overlap(engine.segment(picture, Prompts(clicks, Box(70, 70, 410, 250))), left) > 0.9


def test_a_background_click_in_a_box_takes_all_of_what_it_hits(engine):
    y, x = np.ogrid[:320, :480]
    left, right = (np.hypot(x - middle, y - 160) < 70 for middle in (130, 350))
    picture = np.where((left | right)[..., None], np.uint8(220), np.uint8(20)).repeat(3, axis=2)
    click = Point(350, 160, is_foreground=False)
    mask = engine.segment(picture, Prompts((click,), Box(50, 80, 430, 240)))
    assert (overlap(mask, left) > 0.9, mask[right].any()) == (True, False)


def test_a_click_in_a_box_on_what_it_did_not_select_takes_more_than_a_dot(engine):
    """A dim disc beside a bright one, of the very colour of what surrounds the box."""
    y, x = np.ogrid[:320, :480]
    bright, dim = (np.hypot(x - middle, y - 160) < 60 for middle in (120, 360))
    picture = np.full((320, 480, 3), 70, np.uint8)
    picture[80:240, 50:430] = 20
    picture[dim], picture[bright] = 70, 250
    mask = engine.segment(picture, Prompts((Point(360, 160),), Box(50, 80, 430, 240)))
    assert overlap(mask, dim) > 0.8


def test_a_background_click_on_most_of_what_a_box_selects_takes_only_what_is_there(engine):
    picture = np.full((320, 480, 3), 20, np.uint8)
    picture[60:260, 100:380] = 220
    click = Point(350, 230, is_foreground=False)
    mask = engine.segment(picture, Prompts((click,), Box(90, 50, 390, 270)))
    assert (mask[160, 240], mask[230, 350]) == (255, 0)


@pytest.mark.parametrize("labels", [(True, False), (False, True)], ids=str)
def test_clicks_in_a_box_are_heeded_however_near_they_are(engine, labels):
    """Three pixels off the line where the discs touch, in whatever order."""
    picture, left, _ = touching(1440, 960)
    places = {True: 236, False: 242}
    clicks = tuple(Point(places[label], 160, is_foreground=label) for label in labels)
    mask = engine.segment(picture, Prompts(clicks, Box(70, 70, 410, 250)))
    assert [mask[160, places[label]] > 127 for label in labels] == list(labels)


def test_background_clicks_that_hit_nothing_change_nothing(engine):
    picture, _, _ = touching()
    click, beside = Point(160, 160), Point(20, 20, is_foreground=False)
    alone, both = (
        engine.segment(picture, Prompts(clicks)) for clicks in ((click,), (click, beside))
    )
    assert np.array_equal(alone, both)


def test_division_follows_the_edge_rather_than_the_middle():
    picture = np.full((100, 200, 3), 60, np.uint8)
    picture[:, 70:] = 220
    inside = np.ones((100, 200), bool)
    kept = divide(picture, inside, wanted=[(50, 10)], unwanted=[(50, 190)], radius=3)
    assert overlap(kept * 255, np.arange(200)[None] < np.full((100, 1), 70)) > 0.95


def test_division_keeps_nothing_that_was_not_selected():
    inside = np.zeros((60, 80), bool)
    inside[20:40, 10:70] = True
    kept = divide(noise(80, 60), inside, wanted=[(30, 15)], unwanted=[(30, 65)], radius=2)
    assert not (kept & ~inside).any()


places = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.booleans())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(places, min_size=1, max_size=9), st.integers(0, 2))
def test_every_click_is_heeded(engine, clicks, kind):
    spots = np.array([(x, y) for x, y, _ in clicks], float)
    gaps = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    assume((gaps + APART * np.eye(len(clicks)) >= APART).all())
    picture = (
        noise(WIDTH, HEIGHT),
        touching(WIDTH, HEIGHT)[0],
        np.full((HEIGHT, WIDTH, 3), 99, np.uint8),
    )[kind]
    points = tuple(Point(x + 0.5, y + 0.5, wanted) for x, y, wanted in clicks)
    mask = engine.segment(picture, Prompts(points))
    assert [mask[y, x] > 127 for x, y, _ in clicks] == [wanted for *_, wanted in clicks]


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3)], ids=str)
@pytest.mark.parametrize("labels", [(True,), (False,), (True, False), (False, True)], ids=str)
def test_clicks_in_the_corners_of_the_smallest_pictures_are_taken(engine, size, labels):
    corners = (0, 0), (size[0] - 0.01, size[1] - 0.01)
    points = tuple(Point(x, y, wanted) for (x, y), wanted in zip(corners, labels, strict=False))
    assert engine.segment(noise(*size), Prompts(points)).shape == size[::-1]


def test_sixty_four_clicks_are_taken(engine):
    places = np.random.default_rng(5).integers(0, HEIGHT, (64, 2)).tolist()
    points = tuple(Point(x, y, index % 2 == 0) for index, (x, y) in enumerate(places))
    picture = touching(WIDTH, HEIGHT)[0]
    assert engine.segment(picture, Prompts(points)).shape == (HEIGHT, WIDTH)
