"""Removal with the real MI-GAN on real photographs. Skipped where its weights are not installed."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from inference import weights
from inference.engines.migan import MiganEngine
from inference.engines.onnx import OnnxSession
from inference.removal import grow, remove
from tests.needs import need

pytestmark = pytest.mark.weights
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def migan():
    models_dir = Path(os.environ.get("MODELS_DIR") or REPOSITORY / "var" / "models")
    if not weights.is_installed("migan", models_dir):
        need("migan", "it is not installed in MODELS_DIR")
    return MiganEngine(OnnxSession(weights.path_of("migan", models_dir)))


def _disc(height, width, row, column, radius):
    mask = np.zeros((height, width), np.uint8)
    return cv2.circle(mask, (column, row), radius, 255, -1)


def _strength(rgb):
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))


def _large(photo, scale):
    """Enlarged, with the grain of a camera."""
    large = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(0).normal(0, 5, (*large.shape[:2], 1))
    return np.clip(large + grain, 0, 255).astype(np.uint8)


def test_a_disc_put_on_a_table_is_gone(migan):
    photo = data.coffee()
    mask = _disc(400, 600, 330, 540, 30)
    spoilt = photo.copy()
    spoilt[mask > 0] = 0, 0, 255
    filled = remove(spoilt, mask, migan)
    assert np.abs(filled[mask > 0].mean(axis=0) - photo[mask > 0].mean(axis=0)).max() < 25


def test_there_is_no_seam_around_a_hole_in_the_sky(migan):
    photo = data.rocket()
    mask = _disc(427, 640, 80, 250, 35)
    filled = remove(photo, mask, migan)
    ring = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    assert _strength(filled)[ring].mean() < 2 * _strength(photo)[ring].mean() + 2


def test_a_filled_hole_is_as_sharp_as_a_large_photo(migan):
    scale = 3
    photo = _large(data.astronaut()[:400, :400], scale)
    mask = _disc(400 * scale, 400 * scale, 60 * scale, 330 * scale, 50 * scale)
    inside = mask > 0
    filled = remove(photo, mask, migan)
    assert _strength(filled)[inside].mean() > 0.75 * _strength(photo)[inside].mean()


def test_a_mask_that_ends_at_the_edge_of_an_object_leaves_no_halo_once_grown(migan):
    photo = data.rocket()
    mask = _disc(427, 640, 80, 250, 35)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None] / 255
    spoilt = np.rint(photo * (1 - soft) + soft * (255, 220, 0)).astype(np.uint8)
    filled = remove(spoilt, grow(mask), migan)
    assert np.abs(filled.astype(int) - photo)[30:130, 200:300].max() < 40


def test_what_was_under_the_hole_has_no_influence(migan):
    mask = _disc(427, 640, 300, 180, 40)
    photo = data.rocket()
    other = photo.copy()
    other[mask > 0] = 255, 0, 255
    assert np.array_equal(remove(photo, mask, migan), remove(other, mask, migan))


def test_pixels_outside_the_mask_stay_as_they_are(migan):
    photo, mask = data.chelsea(), _disc(300, 451, 5, 440, 60)
    filled = remove(photo, mask, migan)
    assert np.array_equal(filled[mask == 0], photo[mask == 0])


@pytest.mark.parametrize("size", [(1, 2), (8, 8)])
def test_pictures_may_be_tiny(migan, size):
    mask = np.zeros(size, np.uint8)
    mask[0, 0] = 255
    assert remove(np.full((*size, 3), 90, np.uint8), mask, migan).shape == (*size, 3)
