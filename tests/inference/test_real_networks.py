"""The real networks on real photographs. Skipped where the weights are not installed."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from inference.pipelines import remove_background
from tests.inference.drawing import encode

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def mask_of(real_engines):
    masks = {}

    def mask(photo, quality, edges="fast"):
        key = photo, quality, edges
        if key not in masks:
            jpeg = encode(getattr(data, photo)(), "JPEG", quality=92)
            result = remove_background(jpeg, engines=real_engines, quality=quality, edges=edges)
            masks[key] = np.asarray(Image.open(io.BytesIO(result.data)))
        return masks[key]

    return mask


def _overlap(one, other):
    one, other = one > 127, other > 127
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("quality", ["fast", "best"])
def test_the_astronaut_is_in_the_mask(mask_of, quality):
    mask = mask_of("astronaut", quality)
    face, chest = mask[90:160, 200:260], mask[350:450, 200:300]
    assert face.mean() > 240 and chest.mean() > 240


@pytest.mark.parametrize("quality", ["fast", "best"])
def test_the_upper_corners_behind_the_astronaut_are_not(mask_of, quality):
    mask = mask_of("astronaut", quality)
    assert max(mask[:60, :60].mean(), mask[:60, -60:].mean()) < 15


@pytest.mark.parametrize("photo", ["astronaut", "coffee"])
def test_both_networks_agree(mask_of, photo):
    assert _overlap(mask_of(photo, "fast"), mask_of(photo, "best")) > 0.8


def test_the_cup_is_in_the_mask_and_the_table_is_not(mask_of):
    mask = mask_of("coffee", "best")
    assert mask[150:200, 250:350].mean() > 200 and mask[:30, :60].mean() < 30


@pytest.mark.parametrize("quality", ["fast", "best"])
def test_fine_edges_change_the_edge_only(mask_of, quality):
    fast, fine = (mask_of("astronaut", quality, edges) for edges in ("fast", "fine"))
    assert _overlap(fast, fine) > 0.95


def test_fine_edges_lie_on_the_edges_of_the_picture(mask_of):
    grey = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    strength = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))

    def on_edges(mask):
        outline = cv2.morphologyEx(
            (mask > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))
        )
        return strength[outline > 0].mean()

    fast, fine = (mask_of("astronaut", "fast", edges) for edges in ("fast", "fine"))
    assert on_edges(fine) > on_edges(fast)
