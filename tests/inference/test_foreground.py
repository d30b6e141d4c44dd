"""The object's own colours at its soft edges, on drawn scenes whose true colours are known."""

import importlib
import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from inference import foreground

HEIGHT, WIDTH = 240, 320
OPACITIES = st.sampled_from([0, 1, 2, 100, 128, 254, 255]) | st.integers(0, 255)


def _smooth(seed, low, high, height=HEIGHT, width=WIDTH):
    grid = np.random.default_rng(seed).uniform(low, high, (4, 5, 3)).astype(np.float32)
    return np.clip(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255)


def _textured(seed, low, high):
    grain = np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(grain, (0, 0), 2.5)
    return np.clip(_smooth(seed, low, high) + 20 * blurred / blurred.std(), 0, 255)


def _disc(soft, height=HEIGHT, width=WIDTH):
    """Opacity 0..1 of a disc whose edge is `soft` pixels wide."""
    y, x = np.ogrid[:height, :width]
    distance = height * 0.32 - np.hypot(x - width / 2, y - height / 2)
    return np.clip(distance / soft + 0.5, 0, 1)


def _hair():
    """A small disc with strokes of up to two pixels growing out of it; most are never opaque."""
    scale, rng = 4, np.random.default_rng(3)
    drawn = np.zeros((HEIGHT * scale, WIDTH * scale), np.uint8)
    middle = np.array([WIDTH, HEIGHT]) / 2
    cv2.circle(drawn, (middle * scale).astype(int).tolist(), HEIGHT // 5 * scale, 255, -1)
    for _ in range(120):
        along = np.linspace(0.15, 1, 24)
        angle = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.6, 0.6) * along**2
        reach = along * rng.uniform(0.28, 0.45) * HEIGHT
        stroke = middle + np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None]
        points = (stroke * scale).astype(np.int32)
        cv2.polylines(drawn, [points], False, 255, int(rng.integers(2, 9)))
    return cv2.resize(drawn, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) / 255


def _mixed(front, back, opacity):
    """Picture and alpha, as 8 bits keep them."""
    alpha = np.round(opacity * 255).astype(np.uint8)
    share = alpha[..., None] / 255
    return np.round(share * front + (1 - share) * back).astype(np.uint8), alpha


def _scenes():
    fronts = {"smooth": _smooth(1, 120, 250), "textured": _textured(2, 100, 230)}
    backs = {"smooth": _smooth(3, 0, 110), "textured": _textured(4, 20, 140)}
    shapes = {
        "disc with an edge of 1 px": _disc(1),
        "disc with an edge of 4 px": _disc(4),
        "disc with an edge of 10 px": _disc(10),
        "hair": _hair(),
    }
    return [
        pytest.param(front, *_mixed(front, back, opacity), id=f"{of}, {how} on {ground}")
        for of, opacity in shapes.items()
        for how, front in fronts.items()
        for ground, back in backs.items()
    ]


SCENES = _scenes()


def _error(colours, front, alpha):
    """Mean absolute difference from the true colours in the soft pixels, in levels."""
    soft = (alpha > 0) & (alpha < 255)
    return float(np.abs(colours[soft].astype(float) - front[soft]).mean())


@pytest.fixture(scope="module")
def pymatting():
    """PyMatting's implementation of the same method, without the rest of PyMatting.

    Importing the whole package compiles for 40 s what is not needed here; this part takes 6 s,
    once for each installation.
    """
    installed = importlib.util.find_spec("pymatting")
    assert installed and installed.submodule_search_locations
    home = Path(installed.submodule_search_locations[0])
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in ("pymatting", home), ("pymatting.foreground", home / "foreground"):
            package = ModuleType(name)
            package.__path__ = [str(folder)]
            patch.setitem(sys.modules, name, package)
        module = importlib.import_module("pymatting.foreground.estimate_foreground_ml")
        del sys.modules[module.__name__]
    return lambda rgb, alpha: 255 * module.estimate_foreground_ml(rgb / 255, alpha / 255)


@pytest.mark.parametrize(("front", "rgb", "alpha"), SCENES)
def test_comes_three_times_closer_to_the_true_colours(front, rgb, alpha):
    estimated = foreground.estimate(rgb, alpha)
    assert 3 * _error(estimated, front, alpha) < _error(rgb, front, alpha)


@pytest.mark.parametrize(("front", "rgb", "alpha"), SCENES)
def test_is_as_close_as_pymatting(front, rgb, alpha, pymatting):
    estimated = foreground.estimate(rgb, alpha)
    assert _error(estimated, front, alpha) < 1.1 * _error(pymatting(rgb, alpha), front, alpha)


def test_is_closer_than_pymatting_over_all_scenes(pymatting):
    ours = theirs = 0.0
    for front, rgb, alpha in (scene.values for scene in SCENES):
        ours += _error(foreground.estimate(rgb, alpha), front, alpha)
        theirs += _error(pymatting(rgb, alpha), front, alpha)
    assert ours < theirs


def test_comes_three_times_closer_where_more_is_soft_than_is_solved_in_full():
    height, width = 1100, 1200
    front, back = _smooth(1, 120, 250, height, width), _smooth(3, 0, 110, height, width)
    opacity = np.tile(np.linspace(0, 1, width), (height, 1))
    rgb, alpha = _mixed(front, back, opacity)
    estimated = foreground.estimate(rgb, alpha)
    assert 3 * _error(estimated, front, alpha) < _error(rgb, front, alpha)


def test_finds_the_colour_of_an_object_that_is_opaque_nowhere():
    glass = (_disc(1) > 0.5) * (100 / 255)
    front, back = np.full((HEIGHT, WIDTH, 3), (200, 60, 40)), np.full((HEIGHT, WIDTH, 3), 90)
    rgb, alpha = _mixed(front, back, glass)
    estimated = foreground.estimate(rgb, alpha)
    assert 3 * _error(estimated, front, alpha) < _error(rgb, front, alpha)


@pytest.mark.parametrize("opacity", [1, 100, 128, 254])
def test_leaves_a_plain_picture_plain_where_everything_is_equally_faint(opacity):
    rgb = np.full((40, 50, 3), (200, 60, 40), np.uint8)
    estimated = foreground.estimate(rgb, np.full((40, 50), opacity, np.uint8))
    assert np.abs(estimated.astype(int) - rgb).max() <= 1


def test_finds_the_colour_of_a_single_faint_pixel_on_a_known_ground():
    rgb, alpha = np.full((9, 9, 3), 40, np.uint8), np.zeros((9, 9), np.uint8)
    rgb[4, 4], alpha[4, 4] = 120, 128
    assert np.abs(foreground.estimate(rgb, alpha)[4, 4].astype(int) - 199).max() <= 2


def test_follows_the_object_out_of_the_frame():
    rgb, alpha = _mixed(_smooth(1, 120, 250), _smooth(3, 0, 110), _disc(6))
    half = (slice(HEIGHT // 2, None), slice(WIDTH // 2, None))
    front = _smooth(1, 120, 250)[half]
    estimated = foreground.estimate(rgb[half], alpha[half])
    assert 3 * _error(estimated, front, alpha[half]) < _error(rgb[half], front, alpha[half])


@st.composite
def _pictures(draw):
    alpha = draw(
        npst.arrays(
            np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=OPACITIES
        )
    )
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).integers(0, 256, (*alpha.shape, 3), np.uint8), alpha


@settings(max_examples=60, deadline=None)
@given(_pictures())
def test_keeps_every_opaque_pixel_to_the_byte(picture):
    rgb, alpha = picture
    opaque = alpha == 255
    assert np.array_equal(foreground.estimate(rgb, alpha)[opaque], rgb[opaque])


@settings(max_examples=60, deadline=None)
@given(_pictures())
def test_leaves_nothing_of_the_background_under_transparency(picture):
    rgb, alpha = picture
    assert not foreground.estimate(rgb, alpha)[alpha == 0].any()


@settings(max_examples=60, deadline=None)
@given(_pictures())
def test_finds_colours_for_any_mask_of_any_size(picture):
    # Whatever is not finite could not be stored in 8 bits without a warning, which is an error.
    rgb, alpha = picture
    estimated = foreground.estimate(rgb, alpha)
    assert (estimated.shape, estimated.dtype) == (rgb.shape, np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 100_000)])
def test_finds_colours_in_strips(size):
    rng = np.random.default_rng(0)
    rgb, alpha = rng.integers(0, 256, (*size, 3), np.uint8), rng.integers(0, 256, size, np.uint8)
    assert foreground.estimate(rgb, alpha).shape == rgb.shape


def test_changes_neither_picture_nor_mask():
    rgb, alpha = _mixed(_smooth(1, 120, 250), _smooth(3, 0, 110), _disc(4))
    rgb.flags.writeable = alpha.flags.writeable = False
    assert foreground.estimate(rgb, alpha).flags.writeable


def _seconds(size):
    taken = []
    for _ in range(3):
        picture = np.full((*size, 4), 130, np.uint8)
        began = time.process_time()
        foreground.purify(picture)
        taken.append(time.process_time() - began)
    return min(taken)


def test_a_narrow_picture_takes_not_much_longer_than_a_square_one():
    assert _seconds((1_000_000, 1)) < 7 * _seconds((1000, 1000))
