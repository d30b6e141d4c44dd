"""From a small matte to a mask of the picture's size."""

import cv2
import numpy as np
import pytest
from skimage import data

from inference.edges import FINE_UP_TO, chosen, refine, to_mask, upsample
from tests.inference.drawing import disc


def _blurred_disc(width: int, height: int, blur: float):
    """A disc picture, its true mask, and the matte a network would see of it at 80 x 80."""
    picture = disc(width, height)
    soft = cv2.GaussianBlur(picture[..., 0], (0, 0), blur)
    matte = cv2.resize(soft, (80, 80), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return picture, picture[..., 0], matte


def _error(mask, truth):
    return float(np.abs(mask.astype(int) - truth).mean())


def test_rounds_to_the_nearest_level():
    assert to_mask(np.array([[0, 0.5, 1]], np.float32)).tolist() == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("size", "edges"), [((2000, 2000), "fine"), ((2000, 2001), "fast"), ((1, 1), "fine")]
)
def test_chooses_by_the_size_of_the_mask(size, edges):
    assert FINE_UP_TO == 4_000_000 and chosen(None, size) == edges


@pytest.mark.parametrize("wanted", ["fast", "fine"])
def test_chooses_what_is_wanted_at_any_size(wanted):
    assert chosen(wanted, (9000, 9000)) == chosen(wanted, (9, 9)) == wanted


@pytest.mark.parametrize("size", [(80, 80), (640, 360), (40, 20), (1, 300), (37, 1)])
def test_upsampling_gives_the_size_wanted(size):
    mask = upsample(np.zeros((80, 80), np.float32), size)
    assert (mask.shape, mask.dtype) == (size[::-1], np.uint8)


def test_upsampling_keeps_a_full_mask_full():
    assert upsample(np.ones((5, 5), np.float32), (33, 21)).min() == 255


@pytest.mark.parametrize("size", [(640, 480), (641, 483), (15, 900), (3, 3)])
def test_refining_gives_the_size_wanted(size):
    picture, _, matte = _blurred_disc(size[0], size[1], 2)
    mask = refine(matte, picture, size)
    assert (mask.shape, mask.dtype) == (size[::-1], np.uint8)


def test_refining_follows_the_colours_of_the_picture():
    picture, truth, matte = _blurred_disc(640, 480, 4)
    fine, fast = refine(matte, picture, (640, 480)), upsample(matte, (640, 480))
    assert _error(fine, truth) < 0.85 * _error(fast, truth)


def test_refining_changes_nothing_far_from_the_edge():
    picture, _, matte = _blurred_disc(640, 480, 2)
    textured = cv2.add(picture, np.random.default_rng(0).integers(0, 60, picture.shape, np.uint8))
    assert refine(matte, textured, (640, 480))[:60, :60].max() == 0


def test_refining_a_matte_without_edges_changes_nothing():
    ones = np.ones((80, 80), np.float32)
    assert refine(ones, disc(640, 480), (640, 480)).min() == 255


def test_refining_makes_no_hole_where_the_picture_glints():
    wave = np.tile(np.sin(np.arange(640, dtype=np.float32) / 8), (480, 1))
    picture = np.repeat((120 + 10 * wave).astype(np.uint8)[..., None], 3, axis=2)
    picture[8::96, 8::96] = 0
    small = cv2.resize(0.7 + 0.1 * wave, (80, 80), interpolation=cv2.INTER_AREA)
    assert refine(small.astype(np.float32), picture, (640, 480)).min() > 128


def test_refining_leaves_no_blocks_where_colours_are_correlated():
    # Black and white with a hint of noise: the covariances have almost no volume.
    rng = np.random.default_rng(0)
    picture, truth, matte = _blurred_disc(800, 600, 4)
    noisy = np.clip(picture + rng.normal(0, 0.6, picture.shape), 0, 255).astype(np.uint8)
    mask = refine(matte, noisy, (800, 600))
    assert np.abs(mask.astype(int) - truth)[_far_from_edge(truth)].max() < 40


def test_refining_joins_its_strips_without_a_seam():
    height = 600
    ramp = np.linspace(0, 255, 400).astype(np.uint8)
    picture = np.repeat(np.tile(ramp, (height, 1))[..., None], 3, axis=2)
    matte = cv2.resize(picture[..., 0], (80, 80)).astype(np.float32) / np.float32(255)
    mask = refine(matte, picture, (400, height)).astype(int)
    assert np.abs(np.diff(mask, axis=0)).max() <= 1


def test_refining_a_long_strip_needs_no_more_than_its_pixels():
    # A radius of 1 % of a million pixels would take gigabytes.
    strip = np.zeros((20, 1_000_000, 3), np.uint8)
    strip[:, :500_000] = 255
    matte = np.zeros((80, 80), np.float32)
    matte[:, :40] = 1
    assert refine(matte, strip, (1_000_000, 20))[10, 100] == 255


def test_refining_a_tall_strip_needs_no_more_than_its_pixels():
    strip = np.zeros((1_000_000, 20, 3), np.uint8)
    strip[:500_000] = 255
    matte = np.zeros((80, 80), np.float32)
    matte[:40] = 1
    assert refine(matte, strip, (20, 1_000_000))[100, 10] == 255


@pytest.mark.parametrize("size", [(640, 480), (641, 481), (642, 482), (643, 483)])
def test_refining_keeps_to_the_place_at_the_far_corner_of_any_size(size):
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[-60:, -60:] = 255
    soft = cv2.GaussianBlur(picture[..., 0], (0, 0), 3)
    small = cv2.resize(soft, (320, 320), interpolation=cv2.INTER_AREA)
    matte = small.astype(np.float32) / np.float32(255)
    assert _error(refine(matte, picture, size), picture[..., 0]) < 0.2


def test_refining_joins_its_tiles_without_a_seam():
    width = 900
    ramp = np.linspace(0, 255, 400).astype(np.uint8)[:, None]
    picture = np.repeat(np.tile(ramp, (1, width))[..., None], 3, axis=2)
    matte = cv2.resize(picture[..., 0], (80, 80)).astype(np.float32) / np.float32(255)
    mask = refine(matte, picture, (width, 400)).astype(int)
    assert np.abs(np.diff(mask, axis=1)).max() <= 1


def test_refining_leaves_the_matte_and_the_picture_alone():
    picture, _, matte = _blurred_disc(640, 480, 2)
    copies = picture.copy(), matte.copy()
    refine(matte, picture, (640, 480))
    assert np.array_equal(picture, copies[0]) and np.array_equal(matte, copies[1])


@pytest.mark.parametrize("seed", range(6))
def test_refining_brings_the_boundary_nearer_to_the_truth(seed):
    picture, truth = _composite(seed)
    # So coarse that the waves of the outline are hardly in it.
    matte = cv2.resize(truth, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    fine, fast = refine(matte, picture, (1024, 768)), upsample(matte, (1024, 768))
    assert _boundary_iou(fine, truth) >= _boundary_iou(fast, truth) + 0.02


def test_refining_shrinks_a_picture_larger_than_the_mask():
    picture, _, matte = _blurred_disc(640, 480, 2)
    assert refine(matte, picture, (320, 240)).shape == (240, 320)


def _far_from_edge(truth, pixels=12):
    edge = cv2.morphologyEx(truth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return cv2.dilate(edge, np.ones((2 * pixels + 1,) * 2, np.uint8)) == 0


def _composite(seed):
    """A photograph in the shape of a wavy disc in front of another one; and the exact alpha."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:768, :1024].astype(np.float32)
    angle = np.arctan2(y - 384, x - 512)
    radius = 250 * (1 + 0.12 * np.sin(angle * rng.integers(5, 14) + rng.uniform(0, 6)))
    alpha = np.clip(radius - np.hypot(y - 384, x - 512), -1, 1) / 2 + 0.5
    front, back = (
        cv2.resize(photograph, (1024, 768)) for photograph in (data.astronaut(), data.coffee())
    )
    back = cv2.GaussianBlur(back, (0, 0), rng.uniform(2, 10)) // 2
    mixed = front * alpha[..., None] + back * (1 - alpha[..., None])
    return mixed.astype(np.uint8), (alpha * 255).astype(np.uint8)


def _boundary_iou(mask, truth):
    """Cheng et al., 2021: of the 2 % of the diagonal inside either outline."""
    pixels = round(0.02 * np.hypot(*truth.shape))
    ours, theirs = (_rim(plane, pixels) for plane in (mask, truth))
    return (ours & theirs).sum() / (ours | theirs).sum()


def _rim(plane, pixels):
    inside = (plane >= 128).astype(np.uint8)
    return (inside - cv2.erode(inside, np.ones((2 * pixels + 1,) * 2, np.uint8))).astype(bool)
