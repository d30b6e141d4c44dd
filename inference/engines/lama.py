"""LaMa (Suvorov et al., WACV 2022), big-LaMa as exported by Carve: slower, better at structure.

Contract, from the exporter's notebook in Carve-Photos/lama: `image` f32 (N, 3, 512, 512) RGB 0..1
and `mask` f32 (N, 1, 512, 512), strictly 0 or 1 with 1 in the hole, give `output` f32
(N, 3, 512, 512) RGB 0..255, with the picture itself outside the hole.
"""

import numpy as np

from inference.arrays import RGB, Mask
from inference.engines import square
from inference.engines.sessions import Session
from inference.errors import EngineFailed
from inference.timing import Clock

_SIDE = 512


class LamaEngine:
    """An `InpaintingEngine` over the one size the graph takes."""

    name = "lama"
    work_side = _SIDE

    def __init__(self, session: Session) -> None:
        self._session = session

    def inpaint(self, rgb: RGB, mask: Mask, clock: Clock | None = None) -> RGB:
        clock = clock or Clock()
        hole = square.holes_of(mask)
        if not hole.any():
            return rgb.copy()
        with clock.measure("prepare"):
            image, unknown = square.squared(rgb, hole, _SIDE)
            colours = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)
            feeds = {
                "image": (colours / np.float32(255))[None],
                "mask": (unknown > 0).astype(np.float32)[None, None],
            }
        with clock.measure("network"):
            (answer,) = self._session.run(["output"], feeds)
        if answer.shape != (1, 3, _SIDE, _SIDE) or not np.isfinite(answer).all():
            raise EngineFailed("The network's answer is not a picture of the size asked for.")
        with clock.measure("prepare"):
            picture = np.rint(np.clip(answer[0], 0, 255)).astype(np.uint8)
            return square.composed(rgb, hole, picture.transpose(1, 2, 0))
