"""What every matting engine promises, whatever network is behind it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.timing import Clock
from tests.graphs import install_graphs
from tests.inference.drawing import disc, noise

REAL = {"u2netp": "fast", "isnet": "best"}


@pytest.fixture(
    params=[
        "graph of u2netp",
        "graph of isnet",
        *(pytest.param(name, marks=pytest.mark.weights) for name in REAL),
    ]
)
def engine(request, tmp_path):
    if request.param in REAL:
        return request.getfixturevalue("real_engines").matting(REAL[request.param])
    name = request.param.removeprefix("graph of ")
    catalogue = install_graphs(tmp_path, name)
    return Engines(InferenceConfig(tmp_path, catalogue=catalogue)).matting("best")


def test_gives_a_float_matte_from_0_to_1(engine):
    matte = engine.matte(disc(200, 100))
    assert matte.dtype == np.float32 and matte.ndim == 2 and 0 <= matte.min() <= matte.max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_accepts_odd_sizes(engine, size):
    assert np.isfinite(engine.matte(disc(*size))).all()


@pytest.mark.parametrize("value", [0, 128, 255])
def test_stays_finite_on_a_constant_picture(engine, value):
    assert np.isfinite(engine.matte(np.full((90, 160, 3), value, np.uint8))).all()


def test_leaves_the_picture_as_it_was(engine):
    picture = noise(300, 200)
    before = picture.copy()
    engine.matte(picture)
    assert np.array_equal(picture, before)


def test_accepts_a_picture_that_may_not_be_written_to(engine):
    picture = noise(engine.input_side, engine.input_side)
    picture.flags.writeable = False
    assert engine.matte(picture).size


def test_gives_the_same_matte_twice(engine):
    assert np.array_equal(engine.matte(noise()), engine.matte(noise()))


def test_may_be_shared_by_threads(engine):
    pictures = [noise(seed=seed) for seed in range(2)]
    alone = [engine.matte(picture) for picture in pictures]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(engine.matte, pictures))
    assert np.allclose(alone, together, atol=1e-3)


def test_adds_the_network_time_to_the_clock(engine):
    clock = Clock()
    engine.matte(noise(), clock)
    assert clock.milliseconds["network"] > 0


def test_has_a_name(engine):
    assert engine.name in REAL
