"""What becomes of colour profiles where there is a ground, whose colours are sRGB."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from inference.rendering import Options, render
from inference.rendering.pipeline import render_cut_out
from tests.inference.drawing import disc, encode
from tests.inference.rendering.scenes import (
    HEIGHT,
    LEFT,
    RED,
    TOP,
    WIDTH,
    image_of,
    mask,
    of_pixels,
    pixels,
)

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
BLUE = (0, 0, 255, 255)


def _exchanged():
    """A profile in which red and green have changed places, named by another name."""
    named = SRGB.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    return (
        named.replace(b"rXYZ", b"XXXX", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"XXXX", b"gXYZ", 1)
    )


EXCHANGED = _exchanged()


def _rendered(profile, ground=None, **fields):
    rgb = np.full((HEIGHT, WIDTH, 3), RED, np.uint8)
    return render(of_pixels(rgb, None, profile), mask(), Options(**fields), ground)


def _subject(result):
    return pixels(result)[TOP + 10, LEFT + 10, :3].astype(int)


@pytest.mark.parametrize(
    "fields",
    [
        {"background": BLUE},
        {"background": (0, 0, 255, 90)},
        {"ground": np.full((HEIGHT, WIDTH, 3), 9, np.uint8)},
    ],
)
def test_on_a_ground_the_subject_is_shown_as_its_profile_says(fields):
    found = _subject(_rendered(EXCHANGED, **fields))
    assert np.abs(found - (RED[1], RED[0], RED[2])).max() <= 2


def test_a_ground_keeps_its_own_colour_beside_a_profile():
    result = _rendered(EXCHANGED, background=BLUE)
    assert (
        pixels(result)[0, 0].tolist() == [0, 0, 255] and "icc_profile" not in image_of(result).info
    )


def test_without_a_ground_colours_and_profile_stay():
    result = _rendered(EXCHANGED)
    assert tuple(_subject(result)) == RED and image_of(result).info["icc_profile"] == EXCHANGED


def test_where_nothing_but_white_fills_a_jpeg_colours_and_profile_stay_and_white_is_white():
    result = _rendered(EXCHANGED, format="jpg")
    assert image_of(result).info["icc_profile"] == EXCHANGED
    assert np.abs(_subject(result) - RED).max() <= 2 and pixels(result)[0, 0].min() == 255


@pytest.mark.parametrize("profile", [SRGB, b"\0" * 16 + b"RGB " + b"\0" * 108])
def test_with_an_srgb_or_a_broken_profile_colours_stay(profile):
    assert tuple(_subject(_rendered(profile, background=BLUE))) == RED


def test_a_background_picture_is_shown_as_its_profile_says(graph_engines):
    behind = encode(Image.new("RGB", (400, 300), RED), "PNG", icc_profile=EXCHANGED)
    data = encode(disc(400, 300), "PNG")
    shown = pixels(render_cut_out(data, Options(), behind, engines=graph_engines))[0, 0]
    assert np.abs(shown.astype(int) - (RED[1], RED[0], RED[2])).max() <= 2
