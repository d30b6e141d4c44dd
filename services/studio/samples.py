"""Pictures for whoever has none at hand: balls on a table by a window, traced ray by ray."""

import io
from dataclasses import dataclass
from functools import cache
from threading import Lock

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Colour = tuple[float, float, float]

_SIZE = 960, 640
_FINER = 2
# A page asks for all of them at once, and several pages may.
_one_at_a_time = Lock()
_EYE = np.array([0, 2.3, -6.4], np.float32)
_LIGHT = np.array([-0.48, 0.74, -0.47], np.float32)
_RED, _WHITE, _BLUE = (0.80, 0.12, 0.10), (0.93, 0.92, 0.88), (0.10, 0.28, 0.62)
_GREEN, _ORANGE, _YELLOW = (0.28, 0.52, 0.16), (0.93, 0.46, 0.07), (0.95, 0.78, 0.15)


@dataclass(frozen=True)
class Ball:
    """Lies on the table at (x, z); panels of its colours run from pole to pole."""

    x: float
    z: float
    radius: float
    colours: tuple[Colour, ...]
    panels: int = 1

    @property
    def centre(self) -> Floats:
        return np.array([self.x, self.radius, self.z], np.float32)


_SCENES = {
    "ball": (Ball(0.1, 0, 1.35, (_RED, _WHITE, _BLUE, _WHITE), 8),),
    "fruit": (
        Ball(-2.05, 0.5, 0.80, (_ORANGE,)),
        Ball(0.0, -0.3, 0.72, (_GREEN,)),
        Ball(2.05, 0.6, 0.86, (_YELLOW,)),
    ),
    "marble": (
        Ball(-0.75, 0.6, 1.25, (_BLUE, _WHITE), 6),
        Ball(1.75, -1.2, 0.42, (_RED,)),
    ),
}
NAMES = tuple(_SCENES)


def keep() -> None:
    """Puts them into the storage, so that no visitor waits until they are drawn: a second for all."""
    for name in NAMES:
        if not default_storage.exists(_path(name)):
            default_storage.save(_path(name), ContentFile(_drawn(name)))


def jpeg(name: str) -> bytes:
    """As it was kept, or else drawn now. Raises KeyError for a sample that there is not."""
    if default_storage.exists(_path(name)):
        with default_storage.open(_path(name)) as file:
            return bytes(file.read())
    with _one_at_a_time:
        return _drawn(name)


def _path(name: str) -> str:
    return f"site/samples/{name}.jpg"


@cache
def _drawn(name: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(_trace(_SCENES[name])).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _trace(balls: tuple[Ball, ...]) -> NDArray[np.uint8]:
    """The room is smooth and needs no more rays than pixels; the rims of the balls need four."""
    colours, nearest = (_finer(part) for part in _room(_rays(1), balls))
    rays = _rays(_FINER)
    for ball in balls:
        _put(ball, rays, colours, nearest)
    rows = colours.reshape(_SIZE[1], _FINER, _SIZE[0], _FINER, 3)
    noise = np.random.default_rng(7).normal(0, 0.003, (_SIZE[1], _SIZE[0], 1))
    seen = np.clip(rows.mean(axis=(1, 3)) + noise, 0, 1) ** (1 / 2.2)
    pixels: NDArray[np.uint8] = (seen * 255).astype(np.uint8)
    return pixels


def _finer(part: Floats) -> Floats:
    return part.repeat(_FINER, axis=0).repeat(_FINER, axis=1)


def _rays(finer: int) -> Floats:
    """Unit vectors from the eye through every pixel, tilted down a little; (H, W, 3)."""
    width, height = _SIZE[0] * finer, _SIZE[1] * finer
    y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
    across, up = (x - width / 2) / height, -(y - height / 2) / height
    rays = np.stack([across * 0.84, up * 0.84 - 0.24, np.ones_like(across)], axis=-1)
    unit: Floats = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    return unit


def _room(rays: Floats, balls: tuple[Ball, ...]) -> tuple[Floats, Floats]:
    """The wall and the table with the balls' shadows, and how far away each pixel of them is."""
    wall = (9.0 - _EYE[2]) / rays[..., 2]
    table = np.where(rays[..., 1] < -1e-4, -_EYE[1] / np.minimum(rays[..., 1], -1e-4), np.inf)
    is_table = table < wall
    distance = np.where(is_table, table, wall).astype(np.float32)
    points = _EYE + rays * distance[..., None]
    glow = 0.34 + 0.30 * np.exp(-((points[..., 0] + 3) ** 2 + (points[..., 1] - 4) ** 2) / 30)
    plaster = glow[..., None] * np.array([0.72, 0.78, 0.80], np.float32)
    grain = np.sin(points[..., 2] * 9 + np.sin(points[..., 0] * 1.7) * 1.3) * 0.035
    boards = np.floor(points[..., 2] * 0.9) % 3 * 0.03
    light = (0.52 + grain + boards) * np.prod([_shade(ball, points) for ball in balls], axis=0)
    wood = light[..., None] * np.array([0.86, 0.60, 0.38], np.float32)
    return np.where(is_table[..., None], wood, plaster).astype(np.float32), distance


def _shade(ball: Ball, points: Floats) -> Floats:
    """How much light a ball leaves to each point of the table: a soft shadow and a dark contact."""
    from_centre = points - ball.centre
    along = from_centre @ _LIGHT
    beside = np.sqrt(np.maximum((from_centre**2).sum(axis=-1) - along**2, 0)) / ball.radius
    cast = 1 - 0.62 * np.clip((1.12 - beside) / 0.3, 0, 1) * (along < 0)
    contact = 1 - 0.55 * np.exp(-((from_centre[..., [0, 2]] / ball.radius) ** 2).sum(axis=-1) * 5)
    shade: Floats = cast * contact
    return shade


def _put(ball: Ball, rays: Floats, colours: Floats, nearest: Floats) -> None:
    """Draw a ball over whatever is farther away."""
    to_centre = ball.centre - _EYE
    along = rays @ to_centre
    root = ball.radius**2 - (to_centre @ to_centre - along**2)
    distance = along - np.sqrt(np.maximum(root, 0))
    hit = (root > 0) & (distance < nearest)
    points = _EYE + rays[hit] * distance[hit][:, None]
    normals = (points - ball.centre) / ball.radius
    diffuse = np.clip(normals @ _LIGHT, 0, 1)
    half = _LIGHT - rays[hit]
    half /= np.linalg.norm(half, axis=-1, keepdims=True)
    shine = np.clip((normals * half).sum(axis=-1), 0, 1) ** 60 * 0.55
    bounce = np.clip(-normals[:, 1], 0, 1)[:, None] * np.array([0.16, 0.10, 0.05], np.float32)
    lit = 0.20 + 0.85 * diffuse[:, None]
    colours[hit] = _painted(ball, normals) * lit + bounce + shine[:, None]
    nearest[hit] = distance[hit]


def _painted(ball: Ball, normals: Floats) -> Floats:
    # Turned to the side, so that a pole is in sight.
    turned = np.arctan2(normals[:, 0] - 0.3 * normals[:, 1], -normals[:, 2] - 0.5 * normals[:, 1])
    panel = np.floor((turned / (2 * np.pi) + 0.5) * ball.panels).astype(int)
    painted: Floats = np.array(ball.colours, np.float32)[panel % len(ball.colours)]
    return painted
