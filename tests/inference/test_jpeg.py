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


SIZE = (600, 400)


def _pillow(file, at_least=None):
    """What Pillow decodes, and at which size; None for what it does not."""
    try:
        image = Image.open(io.BytesIO(file))
        if at_least is not None:
            image.draft("", at_least)
        return np.asarray(image.convert("RGB")), image.size
    except OSError:
        return None, None


def _is_as_pillow_has_it(file, at_least=None):
    wanted, size = _pillow(file, at_least)
    found = jpeg.pixels(file, size)
    return found is not None and np.array_equal(found, wanted)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 31), (333, 250), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [True, False])
def test_gives_the_pixels_that_pillow_gives(size, subsampling, progressive):
    file = encode(noise(*size), "JPEG", subsampling=subsampling, progressive=progressive)
    assert _is_as_pillow_has_it(file)


@pytest.mark.parametrize("size", [(640, 480), (641, 479), (333, 1001), (17, 5000)])
@pytest.mark.parametrize("part", [2, 4, 8])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_gives_the_pixels_of_a_smaller_copy_that_pillow_gives(size, part, subsampling):
    file = encode(noise(*size), "JPEG", subsampling=subsampling)
    assert _is_as_pillow_has_it(file, tuple(side // part for side in size))


def test_leaves_a_size_that_the_file_does_not_have_to_pillow():
    assert jpeg.pixels(PHOTOGRAPH, (SIZE[0] + 1, SIZE[1] + 1)) is None


def test_gives_grey_as_three_equal_colours():
    file = encode(data.camera(), "JPEG")
    assert _is_as_pillow_has_it(file)


def test_gives_the_pixels_of_a_file_with_restarts_that_pillow_gives():
    file = encode(noise(200, 100), "JPEG", restart_marker_blocks=3)
    assert _is_as_pillow_has_it(file)


def test_leaves_other_colours_to_pillow():
    assert jpeg.pixels(encode(Image.new("CMYK", (8, 8)), "JPEG"), (8, 8)) is None


def test_takes_a_file_with_something_behind_its_end():
    assert _is_as_pillow_has_it(PHOTOGRAPH + b"\0\0\0\x18ftypmp42" * 30)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99, 0.9999])
@pytest.mark.parametrize("progressive", [True, False])
def test_leaves_what_is_cut_to_pillow(kept, progressive):
    file = encode(data.coffee(), "JPEG", progressive=progressive)
    assert jpeg.pixels(file[: int(len(file) * kept)], SIZE) is None


@pytest.mark.parametrize("file", [b"", b"\xff\xd8", b"hello", b"\xff\xd8\xff\xd9"])
def test_leaves_what_is_no_jpeg_to_pillow(file):
    assert jpeg.pixels(file, (8, 8)) is None


# Pillow's word about EXIF that damage made of something else is none about pixels.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PHOTOGRAPH) - 1), st.binary(min_size=1, max_size=6))
def test_damage_leads_to_what_pillow_gives_or_is_left_to_it(place, damage):
    file = PHOTOGRAPH[:place] + damage + PHOTOGRAPH[place + len(damage) :]
    wanted, size = _pillow(file)
    found = jpeg.pixels(file, size or SIZE)
    assert found is None or np.array_equal(found, wanted)
