"""PatchMatch (Barnes et al., SIGGRAPH 2009) by pypatchmatch: no weights, copies what is around.

It serves where no network is installed. The native code runs on one core and without the GIL.
"""

import numpy as np

from inference.arrays import RGB, Mask
from inference.engines import square
from inference.errors import EngineFailed
from inference.timing import Clock

# The seed belongs to the process; each run starts from it again, so it may be set at any time.
_SEED = 1
_RADIUS, _RADIUS_OF_LARGE_HOLES, _LARGE_HOLE = 5, 3, 30_000


class PatchMatchEngine:
    """An `InpaintingEngine` that works at the size it is given: its time grows with the hole."""

    name = "patchmatch"
    work_side = 512

    def inpaint(self, rgb: RGB, mask: Mask, clock: Clock | None = None) -> RGB:
        clock = clock or Clock()
        hole = square.holes_of(mask)
        with clock.measure("prepare"):
            picture = square.hidden(rgb, hole)
        # Without anything to copy from, the library would answer black.
        if not hole.any() or hole.all():
            return picture
        with clock.measure("network"):
            filled = _filled(picture, hole)
        return np.where(hole[..., None] > 0, filled, rgb)


def _filled(picture: RGB, hole: Mask) -> RGB:
    # Here, not above: importing it loads the native library, which only this engine needs.
    import patchmatch

    is_large = np.count_nonzero(hole) > _LARGE_HOLE
    try:
        patchmatch.set_random_seed(_SEED)
        return patchmatch.inpaint(
            picture, hole, patch_size=_RADIUS_OF_LARGE_HOLES if is_large else _RADIUS
        )
    except RuntimeError as error:
        raise EngineFailed("PatchMatch failed while running.") from error
