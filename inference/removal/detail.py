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


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A picture in small: `rgb` (h, w, 3) averages what is known, `hole` (h, w) is 255 where too
    little is, and `touched` (h, w) is True wherever any pixel of the large hole lies.
    """

    rgb: RGB
    hole: Mask
    touched: NDArray[np.bool_]


def shrink(rgb: RGB, hole: Mask, size: tuple[int, int]) -> Shrunk:
    """Average the known pixels of each area; `hole` is 0 or 255, `size` (width, height)."""
    known = cv2.bitwise_not(hole)
    total = cv2.resize(cv2.bitwise_and(rgb, rgb, mask=known), size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    # In 8 bits nothing is left of one pixel in more than 500.
    touched = cv2.resize(hole.astype(np.uint16) * 257, size, interpolation=cv2.INTER_AREA) > 0
    unknown = share < 128
    mean = total * (np.float32(255) / np.maximum(share, 1))[..., None]
    mean[unknown] = 128
    return Shrunk(
        rgb=np.clip(np.rint(mean), 0, 255).astype(np.uint8),
        hole=np.where(unknown, np.uint8(255), np.uint8(0)),
        touched=touched,
    )


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
