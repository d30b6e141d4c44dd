"""The mask by the fast path, with its shortcuts, is that of the plain one.

The plain path decodes everything with Pillow, averages once to the network's input and enlarges
the answer once. Both run the same small graph, whose answer is the brightness. They may differ by
one level, and by more only within two pixels of an edge; by two where a JPEG of more than eight
times the pixels a network needs is decoded smaller, as libjpeg shrinks it.
"""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from inference.engines.saliency import RECIPES, stretch
from inference.pipelines import remove_background
from tests.inference.drawing import encode, with_orientation

SIDE = 320


def scene(width, height):
    """A white shape with a soft and a hard side on black, (H, W, 3)."""
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    distance = np.hypot(across * 1.3, down)
    soft = np.clip((0.8 - distance) * 2, 0, 1)
    shape = np.where(across < 0, soft, distance < 0.6)
    return np.repeat((shape * 255).astype(np.uint8)[..., None], 3, axis=2)


def resized(array, size):
    """Each axis by itself: averaged if it shrinks, else between neighbours."""
    for width, height in ((array.shape[1], size[1]), size):
        shrinks = array.shape[0] > height or array.shape[1] > width
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        array = cv2.resize(array, (width, height), interpolation=how)
    return array


def plain(data):
    """(H, W) uint8, the long way round."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    alpha = None
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA")).astype(np.float64)
        alpha = rgba[..., 3:] / 255
        rgb = rgba[..., :3] * alpha + 255 * (1 - alpha)
    else:
        rgb = np.asarray(image.convert("RGB")).astype(np.float64)
    # Networks get 8-bit colours.
    small = np.round(resized(rgb, (SIDE, SIDE)))
    recipe = RECIPES["u2netp"]
    tensor = (small / max(small.max(), 1) - recipe.mean) / recipe.std
    matte = stretch(tensor.mean(axis=2).astype(np.float32)) * 255
    height, width = rgb.shape[:2]
    mask = resized(np.round(matte), (width, height))
    return np.round(mask if alpha is None else mask * alpha[..., 0])


@pytest.fixture
def difference(graph_engines):
    """The largest one away from edges, in levels."""

    def call(data):
        result = remove_background(data, engines=graph_engines, edges="fast")
        ours = np.asarray(Image.open(io.BytesIO(result.data))).astype(np.float64)
        theirs = plain(data)
        # Two pixels to either side, of the picture or of the network, whichever are larger.
        across, down = (4 * max(1, -(-side // SIDE)) + 1 for side in theirs.shape[::-1])
        spread = np.ones((down, across), np.uint8)
        steep = cv2.dilate(theirs, spread) - cv2.erode(theirs, spread)
        # Of a step of 255 levels; what changes more slowly than this is no edge.
        flat = steep < 12 + max(across, down) * 255 / min(theirs.shape)
        assert flat.any()
        return np.abs(ours - theirs)[flat].max()

    return call


SIZES = [
    (640, 480),
    (641, 479),
    (333, 1001),
    (97, 53),
    (2600, 1733),
    (1, 400),
    (3, 2500),
    (2500, 3),
]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_every_size_gives_the_mask_of_the_plain_path(difference, size, format):
    options = {"quality": 97} if format == "JPEG" else {"lossless": True}
    assert difference(encode(scene(*size), format, **options)) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_mask_of_the_plain_path(difference, orientation):
    data = with_orientation(scene(700, 451), "JPEG", orientation)
    assert difference(data) <= 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA", "1"])
def test_every_mode_gives_the_mask_of_the_plain_path(difference, mode):
    picture = Image.fromarray(scene(500, 401)).convert(mode)
    assert difference(encode(picture, "PNG")) <= 1


def test_a_jpeg_that_is_decoded_smaller_is_within_two_levels(difference):
    assert difference(encode(scene(4000, 3000), "JPEG", quality=92)) <= 2
