"""The direct way into a JPEG gives what Pillow gives, or leaves the picture to it."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from inference import jpeg
from tests.inference.drawing import encode, noise

PHOTOGRAPH = encode(data.coffee(), "JPEG", quality=85)


def _pillow(file):
    """None for what Pillow does not decode."""
    try:
        return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    except OSError:
        return None


def _is_as_pillow_has_it(file):
    found = jpeg.pixels(file)
    return found is not None and np.array_equal(found, _pillow(file))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 31), (333, 250), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [True, False])
def test_gives_the_pixels_that_pillow_gives(size, subsampling, progressive):
    file = encode(noise(*size), "JPEG", subsampling=subsampling, progressive=progressive)
    assert _is_as_pillow_has_it(file)


def test_gives_grey_as_three_equal_colours():
    file = encode(data.camera(), "JPEG")
    assert _is_as_pillow_has_it(file)


def test_gives_the_pixels_of_a_file_with_restarts_that_pillow_gives():
    file = encode(noise(200, 100), "JPEG", restart_marker_blocks=3)
    assert _is_as_pillow_has_it(file)


def test_leaves_other_colours_to_pillow():
    assert jpeg.pixels(encode(Image.new("CMYK", (8, 8)), "JPEG")) is None


def test_takes_a_file_with_something_behind_its_end():
    assert _is_as_pillow_has_it(PHOTOGRAPH + b"\0\0\0\x18ftypmp42" * 30)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99, 0.9999])
@pytest.mark.parametrize("progressive", [True, False])
def test_leaves_what_is_cut_to_pillow(kept, progressive):
    file = encode(data.coffee(), "JPEG", progressive=progressive)
    assert jpeg.pixels(file[: int(len(file) * kept)]) is None


@pytest.mark.parametrize("file", [b"", b"\xff\xd8", b"hello", b"\xff\xd8\xff\xd9"])
def test_leaves_what_is_no_jpeg_to_pillow(file):
    assert jpeg.pixels(file) is None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PHOTOGRAPH) - 1), st.binary(min_size=1, max_size=6))
def test_damage_leads_to_what_pillow_gives_or_is_left_to_it(place, damage):
    file = PHOTOGRAPH[:place] + damage + PHOTOGRAPH[place + len(damage) :]
    found = jpeg.pixels(file)
    assert found is None or np.array_equal(found, _pillow(file))
