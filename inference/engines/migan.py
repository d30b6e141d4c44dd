"""MI-GAN (Sargsyan et al., ICCV 2023), the authors' exported pipeline: small and quick.

Contract, from scripts/create_onnx_pipeline.py of Picsart-AI-Research/MI-GAN: `image` u8
(1, 3, H, W) RGB and `mask` u8 (1, 1, H, W), 255 where the picture is known and 0 in the hole, give
`result` u8 (1, 3, H, W). The graph crops around the hole, works at 512 x 512 and blends its answer
into the picture a few pixels beyond the hole, so what is outside is put back here.
"""

import numpy as np

from inference.arrays import RGB, Mask
from inference.engines import square
from inference.engines.sessions import Session
from inference.errors import EngineFailed
from inference.timing import Clock

_SIDE = 512


class MiganEngine:
    """An `InpaintingEngine` that always hands the graph 512 x 512: its own resizing does nothing."""

    name = "migan"
    work_side = _SIDE

    def __init__(self, session: Session) -> None:
        self._session = session

    def inpaint(self, rgb: RGB, mask: Mask, clock: Clock | None = None) -> RGB:
        clock = clock or Clock()
        hole = square.holes_of(mask)
        if not hole.any():  # the graph fails without a hole
            return rgb.copy()
        with clock.measure("prepare"):
            image, unknown = square.squared(rgb, hole, _SIDE)
            feeds = {
                "image": np.ascontiguousarray(image.transpose(2, 0, 1))[None],
                "mask": (255 - unknown)[None, None],
            }
        with clock.measure("network"):
            (answer,) = self._session.run(["result"], feeds)
        if answer.shape != (1, 3, _SIDE, _SIDE) or answer.dtype != np.uint8:
            raise EngineFailed("The network's answer is not a picture of the size asked for.")
        with clock.measure("prepare"):
            return square.composed(rgb, hole, answer[0].transpose(1, 2, 0))
