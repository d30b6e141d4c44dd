"""The fine detail of a filled hole, which a picture shrunk for the engine no longer has.

A filled hole looks, in small, like places around it (`matching`). What such a place has in full
resolution, beyond its own enlarged small picture, is added to the enlarged fill. Everything is
done for the pixels of the hole alone, so that the time grows with the hole and not the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Mask
from inference.removal.matching import Floats, Indices
from inference.resampling import resize_seen

_HALF, _ENOUGH = 128, 32
"""Of 255. Behind fences that cover two thirds of a photograph the error fell by 8 dB against half
alone."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A picture in small: `rgb` (h, w, 3) averages what is known, `hole` (h, w) is 255 where too
    little is, and `touched` (h, w) is True wherever any pixel of the large hole lies.
    """

    rgb: RGB
    hole: Mask
    touched: NDArray[np.bool_]


def shrink(rgb: RGB, hole: Mask, size: tuple[int, int]) -> Shrunk:
    """Average the known pixels of each area; `hole` is 0 or 255, `size` (width, height).

    Half of an area is enough to know it by. Away from such areas an eighth is: what is seen through
    a fence says more of what is behind it than any network. If none has as much, half of the most.
    """
    *planes, share = resize_seen(rgb, ~hole, size)
    mean = np.dstack(planes)
    is_known = share >= _HALF
    # At the edge of a hole less than half is often no more than the soft border of an object.
    is_beside = cv2.dilate(is_known.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    enough = max(1, min(_ENOUGH, int(share.max()) // 2))
    unknown = ~is_known & (is_beside | (share < enough))
    mean[unknown] = 128
    return Shrunk(
        rgb=mean,
        hole=np.where(unknown, np.uint8(255), np.uint8(0)),
        touched=touched(hole, size),
    )


def touched(hole: Mask, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return (h, w): where any pixel of a hole (0 or 255) lies; `size` is (width, height)."""
    # In 8 bits nothing is left of one pixel in more than 500.
    share = cv2.resize(hole.astype(np.uint16) * 257, size, interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0)


def enlarge(
    rgb: RGB,
    shrunk: Shrunk,
    filled: RGB,
    match: Indices | None,
    wanted: tuple[Indices, Indices],
) -> NDArray[np.uint8]:
    """Return the colours (N, 3) of the wanted pixels (rows, columns) of a filled hole.

    `filled` is `shrunk.rgb` with its hole filled, `match` what `matching.best_matches` makes of it;
    without one no detail is added. Pixels of `rgb` under the hole are not read.
    """
    rows, columns = wanted
    height, width = rgb.shape[:2]
    low_height, low_width = shrunk.hole.shape
    down, across = height / low_height, width / low_width
    colours = _sample(filled, rows, columns, down, across)
    if match is None:
        return _rounded(colours)
    cell_rows = np.minimum(((rows + 0.5) / down).astype(np.intp), low_height - 1)
    cell_columns = np.minimum(((columns + 0.5) / across).astype(np.intp), low_width - 1)
    source_rows, source_columns = np.divmod(match[cell_rows, cell_columns], low_width)
    source_rows = rows + np.rint((source_rows - cell_rows) * down).astype(np.intp)
    source_columns = columns + np.rint((source_columns - cell_columns) * across).astype(np.intp)
    np.clip(source_rows, 0, height - 1, out=source_rows)
    np.clip(source_columns, 0, width - 1, out=source_columns)
    detail = rgb[source_rows, source_columns] - _sample(
        shrunk.rgb, source_rows, source_columns, down, across
    )
    return _rounded(colours + detail)


def _sample(low: RGB, rows: Indices, columns: Indices, down: float, across: float) -> Floats:
    """Return the colours (N, 3) of the small picture at pixels of the large one, bicubic."""
    wide = 1024
    count = len(rows)
    shape = -(-count // wide), wide
    x, y = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    x.ravel()[:count] = (columns + 0.5) / across - 0.5
    y.ravel()[:count] = (rows + 0.5) / down - 0.5
    sampled = cv2.remap(
        low.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(sampled.reshape(-1, 3)[:count])


def _rounded(colours: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(colours), 0, 255).astype(np.uint8)
