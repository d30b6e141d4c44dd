"""What every inpainting engine promises, whatever is behind it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.engines.lama import LamaEngine
from inference.engines.migan import MiganEngine
from inference.engines.onnx import OnnxSession
from inference.engines.patchmatch import PatchMatchEngine
from inference.removal import remove
from tests.inference.drawing import noise
from tests.inpainting_graphs import write_lama_graph, write_migan_graph


@pytest.fixture(
    scope="module",
    params=["graph of migan", "graph of lama", "patchmatch"],
)
def engine(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("inpainting") / "graph.onnx"
    if request.param == "graph of migan":
        return MiganEngine(OnnxSession(write_migan_graph(path)))
    if request.param == "graph of lama":
        return LamaEngine(OnnxSession(write_lama_graph(path)))
    return PatchMatchEngine()


def _mask(width, height, seed=0, share=0.3):
    """A ragged hole at some place, of about the share."""
    random = np.random.default_rng(seed)
    across, down = max(1, round(width * share**0.5)), max(1, round(height * share**0.5))
    left, top = random.integers(0, width - across + 1), random.integers(0, height - down + 1)
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + down, left : left + across] = random.integers(100, 256, (down, across))
    mask[top, left] = 255
    return mask


few = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
sides = st.integers(2, 150)


@few
@given(width=sides, height=sides, seed=st.integers(0, 99))
def test_pixels_outside_the_mask_stay_as_they_are(engine, width, height, seed):
    picture, mask = noise(width, height, seed), _mask(width, height, seed)
    filled = engine.inpaint(picture, mask)
    assert np.array_equal(filled[mask < 128], picture[mask < 128])


@few
@given(width=sides, height=sides, seed=st.integers(0, 99))
def test_what_was_under_the_hole_has_no_influence(engine, width, height, seed):
    mask = _mask(width, height, seed)
    picture, other = noise(width, height, seed), noise(width, height, seed + 1)
    other[mask < 128] = picture[mask < 128]
    assert np.array_equal(engine.inpaint(picture, mask), engine.inpaint(other, mask))


@pytest.mark.parametrize("size", [(1, 1), (1, 60), (60, 1), (3, 2), (8, 8)])
def test_pictures_may_be_tiny_or_thin(engine, size):
    assert engine.inpaint(noise(*size), _mask(*size)).shape == (size[1], size[0], 3)


def test_gives_the_same_picture_twice(engine):
    picture, mask = noise(), _mask(64, 48)
    assert np.array_equal(engine.inpaint(picture, mask), engine.inpaint(picture, mask))


def test_leaves_the_given_arrays_as_they_are(engine):
    picture, mask = noise(), _mask(64, 48)
    picture.flags.writeable = mask.flags.writeable = False
    assert engine.inpaint(picture, mask) is not picture


def test_may_be_shared_by_threads(engine):
    pictures = [noise(seed=seed) for seed in range(2)]
    alone = [engine.inpaint(picture, _mask(64, 48)) for picture in pictures]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda picture: engine.inpaint(picture, _mask(64, 48)), pictures))
    assert np.abs(np.subtract(alone, together, dtype=int)).max() <= 1


def test_removes_in_a_picture_larger_than_it_works_at(engine):
    picture, mask = noise(1500, 1300), _mask(1500, 1300, share=0.1)
    result = remove(picture, mask, engine)
    assert np.array_equal(result[mask < 128], picture[mask < 128])


def test_has_a_name(engine):
    assert engine.name in ("migan", "lama", "patchmatch")
