"""From the bytes of a picture and a mask or prompts to the picture without what they mark."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.arrays import Box, Prompts
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.pipelines import extract_object, remove_object, segment_image
from inference.weights import CATALOGUE
from tests.graphs import describe, install_graphs
from tests.inference.drawing import disc, encode, noise
from tests.inpainting_graphs import write_lama_graph, write_migan_graph


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """U2-Netp by its brightness, with GrabCut, and both networks that fill holes."""
    models = tmp_path_factory.mktemp("models")
    rows = install_graphs(models)
    for name, write in (("migan", write_migan_graph), ("lama", write_lama_graph)):
        rows[name] = describe(write(models / CATALOGUE[name].file_name), CATALOGUE[name])
    return Engines(InferenceConfig(models, catalogue=rows))


def square(size=100):
    mask = np.zeros((size, size), np.uint8)
    mask[40:60, 40:60] = 255
    return encode(mask, "PNG")


@pytest.mark.parametrize(("quality", "network"), [("fast", "migan"), ("best", "lama")])
def test_the_quality_chooses_the_network(engines, quality, network):
    data = encode(noise(100, 100), "PNG")
    assert remove_object(data, square(), engines=engines, quality=quality).engine == network


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_png_comes_of_every_format_where_it_is_asked_for(engines, format):
    result = remove_object(
        encode(noise(100, 100), format), square(), engines=engines, output_format="png"
    )
    kinds = result.media_type, result.extension, Image.open(io.BytesIO(result.data)).format
    assert kinds == ("image/png", "png", "PNG")


@pytest.mark.parametrize("operation", [segment_image, extract_object, remove_object])
def test_colours_hidden_under_transparency_do_not_guide_prompts(engines, operation):
    """Two pictures that look alike, and whose hidden halves do not."""
    drawn = disc(120, 100)
    shown = np.dstack([drawn, np.full((100, 120), 255, np.uint8)])
    shown[:, :50, 3] = 0
    hidden = shown.copy()
    hidden[:, :50, :3] = noise(50, 100)
    box = Prompts((), Box(20, 10, 100, 90))
    first, second = (
        np.asarray(
            Image.open(io.BytesIO(operation(encode(each, "PNG"), box, engines=engines).data))
        )
        for each in (shown, hidden)
    )
    # What is hidden comes back as it was.
    assert np.array_equal(first[:, 50:], second[:, 50:])
