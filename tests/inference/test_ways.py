"""Every way of saying a picture gives its mask: whatever the format, the orientation, the mode.

The other way is through Pillow to an upright RGB picture on white, sent as PNG. Masks may differ
by one level, and by more only within 2 pixels of an edge.
"""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from inference import weights
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.pipelines import remove_background
from tests.graphs import install_graphs
from tests.inference.conftest import REPOSITORY
from tests.inference.drawing import encode
from tests.needs import need

SIZES = [(64, 48), (641, 479), (333, 1000), (2, 900), (900, 3), (1, 1), (1, 4000), (4096, 7)]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA"]


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    return Engines(InferenceConfig(models, catalogue=install_graphs(models)))


def _scene(width, height):
    """Light from one side, a bright thing before it and a dark one: smooth but for their outlines."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    down, across = y / max(height, 2), x / max(width, 2)
    picture = np.dstack([60 + 60 * across, 60 + 50 * down, 90 - 30 * across * down])
    picture[np.hypot(down - 0.45, across - 0.4) < 0.25] = 235, 220, 200
    picture[np.hypot(down - 0.8, across - 0.8) < 0.1] = 8, 5, 12
    return picture.astype(np.uint8)


def _mask(engines, file, edges="fast"):
    result = remove_background(file, engines=engines, quality="fast", edges=edges)
    return np.asarray(Image.open(io.BytesIO(result.data)))


def _plainly(engines, file):
    """Through Pillow to an upright RGB picture on white, saved without loss."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    if image.mode.startswith("I"):
        image = Image.fromarray(np.round(np.asarray(image) / 257).astype(np.uint8))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        mask = _mask(engines, encode(Image.alpha_composite(white, rgba).convert("RGB"), "PNG"))
        return np.round(mask * (np.asarray(rgba.getchannel("A")) / 255)).astype(np.uint8)
    return _mask(engines, encode(image.convert("RGB"), "PNG"))


def _agree(fast, plain):
    edge = cv2.morphologyEx((plain >= 128).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    steep = cv2.morphologyEx(plain, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 8
    near = cv2.dilate(edge | steep.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    difference = np.abs(fast.astype(int) - plain)
    return fast.shape == plain.shape and difference[~near].max(initial=0) <= 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_agree_on_odd_and_extreme_sizes(engines, size, format):
    file = encode(_scene(*size), format)
    assert _agree(_mask(engines, file), _plainly(engines, file))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(640, 401), (333, 777)])
def test_agree_in_every_orientation(engines, orientation, format, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encode(_scene(*size), format, exif=exif.tobytes())
    assert _agree(_mask(engines, file), _plainly(engines, file))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(400, 301), (3, 700)])
def test_agree_in_every_mode_of_png(engines, mode, size):
    image = Image.fromarray(_scene(*size))
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.linear_gradient("L").resize(size))
    file = encode(image.convert(mode), "PNG")
    assert _agree(_mask(engines, file), _plainly(engines, file))


def test_agree_on_16_bit_grey(engines):
    deep = _scene(400, 301)[..., 0].astype(np.uint16) * 257
    file = encode(deep, "PNG")
    assert _agree(_mask(engines, file), _plainly(engines, file))


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
@pytest.mark.parametrize("progressive", [True, False])
def test_agree_in_every_mode_of_jpeg(engines, mode, progressive):
    file = encode(Image.fromarray(_scene(401, 300)).convert(mode), "JPEG", progressive=progressive)
    assert _agree(_mask(engines, file), _plainly(engines, file))


@pytest.mark.weights
@pytest.mark.parametrize("photograph", ["astronaut", "coffee", "chelsea", "rocket"])
def test_agree_with_a_real_network(photograph):
    models = REPOSITORY / "var" / "models"
    if not weights.is_installed("u2netp", models):
        need("u2netp", "it is not installed")
    rgb = getattr(data, photograph)()
    size = 1920, 1920 * rgb.shape[0] // rgb.shape[1]
    file = encode(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), "JPEG", quality=90)
    engines = Engines(InferenceConfig(models))
    assert _agree(_mask(engines, file), _plainly(engines, file))
