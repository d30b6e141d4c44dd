"""Saliency networks: one engine for all of them, each network a row of data.

Preprocessing is the networks' own: U-2-Net (Qin et al., 2020, arXiv 2005.09007, its
u2net_test.py) and DIS (Qin et al., 2022, arXiv 2203.03041) as exported by IMG.LY.
"""

from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Matte
from inference.engines.sessions import Session
from inference.errors import EngineFailed
from inference.resampling import resize
from inference.timing import Clock

Triple = tuple[float, float, float]

# A smaller difference between the darkest and the brightest answer is noise, not a foreground.
_FLAT = 1e-4


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a picture becomes the network's input: (rgb / white - mean) / std at side x side.

    `white` is 255, or the brightest value in the picture if `is_white_relative`.
    """

    side: int
    mean: Triple
    std: Triple
    is_white_relative: bool


_IS_NET = Recipe(
    side=1024,
    mean=(128 / 255, 128 / 255, 128 / 255),
    std=(256 / 255, 256 / 255, 256 / 255),
    is_white_relative=False,
)

RECIPES = MappingProxyType(
    {
        "u2netp": Recipe(
            side=320,
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            is_white_relative=True,
        ),
        "isnet": _IS_NET,
        "isnet-u8": _IS_NET,
    }
)


class SaliencyEngine:
    """A `MattingEngine` over a network that maps (1, 3, side, side) to (1, 1, side, side)."""

    def __init__(self, name: str, session: Session, recipe: Recipe) -> None:
        self.name = name
        self._session = session
        self._recipe = recipe

    @property
    def input_side(self) -> int:
        return self._recipe.side

    def matte(self, rgb: RGB, clock: Clock | None = None) -> Matte:
        clock = clock or Clock()
        with clock.measure("prepare"):
            tensor = to_tensor(rgb, self._recipe)
        # The first output is the finest; the others are only needed for training.
        output = self._session.output_names[:1]
        with clock.measure("network"):
            (answer,) = self._session.run(output, {self._session.input_names[0]: tensor})
        with clock.measure("prepare"):
            return stretch(np.asarray(answer[0, 0], np.float32))


def to_tensor(rgb: RGB, recipe: Recipe) -> NDArray[np.float32]:
    """Resize and normalise to (1, 3, side, side) float32.

    The aspect ratio is not kept: the networks were trained on squeezed pictures.
    """
    rgb = resize(rgb, (recipe.side, recipe.side))
    white = max(int(rgb.max()), 1) if recipe.is_white_relative else 255
    tensor = np.empty((1, 3, *rgb.shape[:2]), np.float32)
    for channel, plane in enumerate(cv2.split(rgb)):
        scale = 1 / (white * recipe.std[channel])
        offset = recipe.mean[channel] / recipe.std[channel]
        np.multiply(plane, np.float32(scale), out=tensor[0, channel])
        tensor[0, channel] -= np.float32(offset)
    return tensor


def stretch(answer: NDArray[np.float32]) -> Matte:
    """Stretch the answer to 0..1, as both networks' authors do.

    A constant answer has nothing to stretch and is clipped to 0..1 instead. Raises EngineFailed
    for an answer that is not finite.
    """
    low, high = float(answer.min()), float(answer.max())
    if not np.isfinite(high - low):
        raise EngineFailed("The network's answer is not a number.")
    if high - low < _FLAT:
        return np.asarray(np.clip(answer, 0, 1))
    # Clipped because rounding can leave 0..1 by a hair.
    stretched: Matte = np.clip((answer - np.float32(low)) / np.float32(high - low), 0, 1)
    return stretched
