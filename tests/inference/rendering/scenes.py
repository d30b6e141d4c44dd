"""A drawn picture whose alpha is known, and what was rendered of it."""

import io
import zipfile

import numpy as np
from PIL import Image

from inference.decoding import Picture, PictureInfo
from inference.rendering import Length, Margins, Options, render

RED, GREY = (200, 30, 40), (120, 130, 140)
LEFT, TOP, RIGHT, BOTTOM = 40, 30, 100, 70
WIDTH, HEIGHT = 200, 120


def picture(colour=RED, alpha=None):
    rgb = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    rgb[TOP:BOTTOM, LEFT:RIGHT] = colour
    return Picture(rgb, alpha, "PNG", None, PictureInfo("PNG", WIDTH, HEIGHT, 1))


def mask(value=255):
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[TOP:BOTTOM, LEFT:RIGHT] = value
    return alpha


def rendered(options=None, *, ground=None, of=None, with_mask=None, **fields):
    given_mask = mask() if with_mask is None else with_mask
    return render(of or picture(), given_mask, options or Options(**fields), ground)


def image_of(result):
    return Image.open(io.BytesIO(result.data))


def pixels(result):
    return np.asarray(image_of(result))


def px(value):
    return Length(value, "px")


def percent(value):
    return Length(value, "%")


def every(length):
    return Margins(length, length, length, length)


def of_pixels(rgb, alpha=None, profile=None):
    height, width = rgb.shape[:2]
    return Picture(rgb, alpha, "PNG", profile, PictureInfo("PNG", width, height, 1))


def strip(width, height, ground=None, /, **fields):
    """Render a picture of any size that is all subject."""
    rgb = np.full((height, width, 3), RED, np.uint8)
    return render(
        of_pixels(rgb), np.full((height, width), 255, np.uint8), Options(**fields), ground
    )


def unpacked(result):
    archive = zipfile.ZipFile(io.BytesIO(result.data))
    files = {name: np.asarray(Image.open(archive.open(name))) for name in archive.namelist()}
    return files["color.jpg"], files["alpha.png"]
