"""A scene drawn by code, for servers that have no photograph to show: a vase and a ball on a table."""

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

SIZE = 720, 720
#: Where the horizon of the table lies, and the vase's axis, top and foot, as shares of the side.
_HORIZON, _AXIS, _TOP, _FOOT = 0.66, 0.5, 0.16, 0.84
#: The ball: its middle and its radius.
BALL = 0.84, 0.80, 0.04
_WALL, _WOOD, _RED, _GLAZE = (
    (0.80, 0.83, 0.80),
    (0.62, 0.42, 0.26),
    (0.75, 0.16, 0.12),
    (0.16, 0.36, 0.62),
)


@cache
def jpeg() -> bytes:
    width, height = SIZE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x / width, y / height
    colours = _room(x, y)
    _put_vase(colours, x, y)
    _put_ball(colours, x, y)
    noise = np.random.default_rng(7).normal(0, 0.008, (height, width, 1)).astype(np.float32)
    pixels = (np.clip(colours + noise, 0, 1) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _room(x: Floats, y: Floats) -> Floats:
    """A wall with the light of a window, and a table with the vase's shadow; (H, W, 3)."""
    glow = 0.62 + 0.38 * np.exp(-((x - 0.15) ** 2 + (y - 0.2) ** 2) / 0.25)
    wall = glow[..., None] * np.array(_WALL, np.float32)
    depth = np.maximum(y - _HORIZON, 0)
    grain = 0.06 * np.sin(40 * (x - 0.5) / (0.35 + depth) + 3 * np.sin(25 * depth))
    shadow = np.exp(-(((x - 0.62) / 0.26) ** 2) - ((y - _FOOT) / 0.05) ** 2)
    light = (0.85 + grain + 0.5 * depth) * (1 - 0.6 * shadow)
    table = light[..., None] * np.array(_WOOD, np.float32)
    # The far edge lies out of focus.
    share = np.clip((y - _HORIZON) / 0.02 + 0.5, 0, 1)[..., None]
    mixed: Floats = wall * (1 - share) + table * share
    return mixed


def _put_vase(colours: Floats, x: Floats, y: Floats) -> None:
    """A body of revolution, lit from the upper left, over what is behind it."""
    along = (y - _TOP) / (_FOOT - _TOP)
    radius = 0.085 + 0.15 * np.exp(-(((along - 0.62) / 0.26) ** 2)) + 0.05 * np.exp(-along / 0.05)
    across = (x - _AXIS) / radius
    inside = (np.abs(across) < 1) & (along > 0) & (along < 1)
    normal_x = across[inside]
    normal_z = np.sqrt(1 - normal_x**2)
    diffuse = np.clip(-0.55 * normal_x + 0.75 * normal_z, 0, 1)
    shine = np.exp(-(((normal_x + 0.45) / 0.07) ** 2)) * 0.5
    bands = 0.8 + 0.4 * (np.sin(along[inside] * 55) > 0.2)
    lit = ((0.18 + 0.9 * diffuse) * bands)[:, None] * np.array(_GLAZE, np.float32)
    colours[inside] = lit + shine[:, None]


def _put_ball(colours: Floats, x: Floats, y: Floats) -> None:
    left, top, radius = BALL
    across, down = (x - left) / radius, (y - top) / radius
    inside = across**2 + down**2 < 1
    normal_z = np.sqrt(1 - across[inside] ** 2 - down[inside] ** 2)
    diffuse = np.clip(-0.4 * across[inside] - 0.5 * down[inside] + 0.7 * normal_z, 0, 1)
    colours[inside] = (0.2 + 0.9 * diffuse)[:, None] * np.array(_RED, np.float32)
