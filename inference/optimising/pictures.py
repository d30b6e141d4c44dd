"""Pictures to calibrate on and others to judge by: photographs that packages ship, and composites.

None comes from the network. No photograph is in both sets, and the silhouettes of the two differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inference.arrays import RGB, Mask
from inference.errors import OptimiserMissing

_CALIBRATION_PHOTOGRAPHS = ("coffee", "chelsea", "rocket", "flower", "retina", "hubble_deep_field")
# Each with a subject: where there is none, no two graphs agree, and neither is wrong.
_JUDGED_PHOTOGRAPHS = ("astronaut", "china", "camera", "stereo_motorcycle")
_CALIBRATION_SEED, _JUDGED_SEED = 20, 7
_COMPOSITE_SIZE = (768, 576)
_OUTLINE_POINTS = 12
# Levels of a camera's noise: without any, graphs pass that lose whole objects in real pictures.
_GRAIN = (0.0, 5.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture to judge by; `truth` is its exact alpha where it was composed, else None."""

    rgb: RGB
    truth: Mask | None = None


def calibration_pictures(count: int) -> list[RGB]:
    """Return `count` pictures whose activations give the ranges: half photographs, half composites.

    Photographs are cropped, mirrored and lit differently. Raises OptimiserMissing without the
    packages that ship them.
    """
    rng = np.random.default_rng(_CALIBRATION_SEED)
    photographs = [photograph(name) for name in _CALIBRATION_PHOTOGRAPHS]
    varied = [_varied(photographs[i % len(photographs)], rng) for i in range(count - count // 2)]
    return [*varied, *(scene.rgb for scene in _composites(photographs, count // 2, rng))]


def judged_scenes(composites: int = 20) -> list[Scene]:
    """Return pictures that no graph was calibrated on; OptimiserMissing as above."""
    rng = np.random.default_rng(_JUDGED_SEED)
    photographs = [photograph(name) for name in _JUDGED_PHOTOGRAPHS]
    return [*map(Scene, photographs), *_composites(photographs, composites, rng)]


def photograph(name: str) -> RGB:
    """Return one that scikit-image or scikit-learn ships, (H, W, 3)."""
    try:
        from skimage import data
        from sklearn import datasets
    except ImportError as error:
        raise OptimiserMissing from error
    if name in ("china", "flower"):
        picture: Any = datasets.load_sample_image(f"{name}.jpg")
    else:
        picture = getattr(data, name)()
    picture = picture[0] if isinstance(picture, tuple) else picture
    if picture.ndim == 2:
        picture = np.repeat(picture[..., np.newaxis], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3])


def _varied(picture: RGB, rng: np.random.Generator) -> RGB:
    height, width = picture.shape[:2]
    share = rng.uniform(0.6, 1.0)
    across, down = int(width * share), int(height * share)
    left, top = rng.integers(0, width - across + 1), rng.integers(0, height - down + 1)
    cut = picture[top : top + down, left : left + across]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    return cv2.convertScaleAbs(np.ascontiguousarray(cut), alpha=rng.uniform(0.6, 1.2)).astype(
        np.uint8, copy=False
    )


def _composites(photographs: Sequence[RGB], count: int, rng: np.random.Generator) -> list[Scene]:
    """Put shapes filled with one photograph in front of another one, blurred as by a lens."""
    scenes = []
    for _ in range(count):
        front, behind = rng.choice(len(photographs), 2, replace=False)
        alpha = _silhouette(rng)
        ground = cv2.GaussianBlur(_filling(photographs[behind]), (0, 0), rng.uniform(1, 12))
        share = alpha[..., np.newaxis] * np.float32(1 / 255)
        # Lit apart: an object of the brightness of its surroundings is nothing to be found.
        lit = _filling(photographs[front]) * rng.uniform(0.8, 1.2) + rng.uniform(-40, 60)
        mixed = np.clip(lit, 0, 255) * share + ground * (1 - share)
        mixed += rng.normal(0, rng.uniform(*_GRAIN), mixed.shape)
        scenes.append(Scene(np.clip(mixed + 0.5, 0, 255).astype(np.uint8), alpha))
    return scenes


def _filling(picture: RGB) -> RGB:
    return cv2.resize(picture, _COMPOSITE_SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _silhouette(rng: np.random.Generator) -> Mask:
    """Draw a smooth closed outline around the middle, with bulges and dents; soft by 2 pixels."""
    width, height = _COMPOSITE_SIZE
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    corners = np.linspace(0, 2 * np.pi, _OUTLINE_POINTS + 1)
    reach = rng.uniform(0.45, 1.0, _OUTLINE_POINTS)
    radius = np.interp(turn, corners, [*reach, reach[0]]) * height * rng.uniform(0.3, 0.45)
    centre = np.array([width, height]) * rng.uniform(0.4, 0.6, 2)
    outline = centre + np.column_stack([np.cos(turn), np.sin(turn)]) * radius[:, np.newaxis]
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillPoly(drawn, [outline.astype(np.int32)], (255,), lineType=cv2.LINE_AA)
    return cv2.GaussianBlur(drawn, (0, 0), rng.uniform(0.7, 2.0)).astype(np.uint8, copy=False)
