"""A real photograph through the API and the real U2-Netp."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage import data

from inference.config import InferenceConfig
from services import engines as engines_module
from tests.pictures import encoded, opened

pytestmark = [pytest.mark.weights, pytest.mark.django_db(transaction=True)]
# Drawn by hand around the astronaut in the 512 x 512 photograph: head, suit, both shoulders.
OUTLINE = [(165, 60), (225, 5), (285, 60), (280, 160), (330, 190), (430, 245), (470, 511)]
OUTLINE += [(10, 511), (60, 290), (120, 215), (185, 190)]


@pytest.fixture
def mask(alice, worker, settings, monkeypatch):
    settings.MODELS_DIR = Path(os.environ["MODELS_DIR"])
    monkeypatch.setattr(engines_module, "InferenceConfig", InferenceConfig)
    engines_module.engines.cache_clear()
    answer = alice.post(encoded(Image.fromarray(data.astronaut()), "JPEG"), query="?quality=fast")
    # Else a job that did not finish would show as a link that is None.
    assert answer.json()["status"] == "completed", answer.json()
    link = answer.json()["result"]["output_url"]
    return np.asarray(opened(b"".join(alice.api.get(link).streaming_content)))


def test_the_person_is_white(mask):
    assert mask[90:160, 200:260].mean() > 230


def test_the_corners_behind_her_are_black(mask):
    assert max(mask[:60, :60].mean(), mask[:60, -60:].mean()) < 25


def test_the_mask_is_about_where_she_is(mask):
    drawn = Image.new("L", (512, 512))
    ImageDraw.Draw(drawn).polygon(OUTLINE, fill=255)
    one, other = mask > 127, np.asarray(drawn) > 127
    assert (one & other).sum() / (one | other).sum() > 0.75
