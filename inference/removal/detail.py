"""The fine detail of a filled hole, which a picture shrunk for the engine no longer has.

A filled hole looks, in small, like places around it. For each small pixel of the hole the place
whose 7 x 7 patch is most alike is sought, by the sum of squared differences in Lab, and what that
place has in full resolution beyond its own enlarged small picture is added to the enlarged fill.
The search is that of PatchMatch (Barnes et al., SIGGRAPH 2009): start somewhere good, then try the
neighbours' matches, which also keeps neighbouring detail in one piece; here the start is the best
of an even sample, so nothing is random. Patches are compared by the low frequencies of their
orthonormal DCT, where nearly all of the difference lies.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Mask

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_RADIUS = 3
# (down, across) frequencies of a patch that are compared: most in lightness, few in colour.
_LIGHTNESS = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
_COLOUR = ((0, 0), (0, 1), (1, 0))
_SAMPLE = 4096
_CHUNK = 1024
_ROUNDS = 3
_NEIGHBOURS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))


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
    unknown = share < 128
    mean = total * (np.float32(255) / np.maximum(share, 1))[..., None]
    mean[unknown] = 128
    return Shrunk(
        rgb=np.clip(np.rint(mean), 0, 255).astype(np.uint8),
        hole=np.where(unknown, np.uint8(255), np.uint8(0)),
        touched=share < 255,
    )


def enlarge(
    rgb: RGB, shrunk: Shrunk, filled: RGB, wanted: tuple[Indices, Indices]
) -> NDArray[np.uint8]:
    """Return the colours (N, 3) of the wanted pixels (rows, columns) of a filled hole.

    `filled` is `shrunk.rgb` with its hole filled; pixels of `rgb` under the hole are not read.
    """
    rows, columns = wanted
    height, width = rgb.shape[:2]
    low_height, low_width = shrunk.hole.shape
    down, across = height / low_height, width / low_width
    colours = _sample(filled, rows, columns, down, across)
    match = best_matches(filled, shrunk.touched)
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


def best_matches(filled: RGB, touched: NDArray[np.bool_]) -> Indices | None:
    """Return for each touched pixel the flat index of the untouched one most like it, (h, w).

    What is not touched has no meaning. None where no whole patch is untouched.
    """
    height, width = touched.shape
    size = 2 * _RADIUS + 1
    is_source = ~cv2.dilate(touched.astype(np.uint8), np.ones((size, size), np.uint8)).astype(bool)
    is_source[:_RADIUS] = is_source[-_RADIUS:] = False
    is_source[:, :_RADIUS] = is_source[:, -_RADIUS:] = False
    sources, queries = np.flatnonzero(is_source), np.flatnonzero(touched)
    if not len(sources):
        return None
    features = _features(filled)
    sample = sources[:: max(1, len(sources) // _SAMPLE)]
    match = np.full(height * width, -1, np.intp)
    match[queries] = _nearest(features[queries], features[sample], sample)
    _propagate(match, queries, features, is_source.ravel(), width)
    return match.reshape(height, width)


def _features(rgb: RGB) -> Floats:
    """Return the low DCT coefficients of the Lab patch around each pixel, (H * W, 16)."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    basis = _dct(2 * _RADIUS + 1)
    maps = [
        cv2.sepFilter2D(lab[..., channel], cv2.CV_32F, basis[across], basis[down])
        for channel, frequencies in enumerate((_LIGHTNESS, _COLOUR, _COLOUR))
        for down, across in frequencies
    ]
    return np.stack([one.ravel() for one in maps], axis=1)


def _dct(size: int) -> Floats:
    """Return the orthonormal DCT-II of a length, one frequency a row."""
    frequency, position = np.ogrid[:size, :size]
    waves = np.cos(np.pi * frequency * (position + 0.5) / size) * np.sqrt(2 / size)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, np.float32)


def _nearest(queries: Floats, candidates: Floats, indices: Indices) -> Indices:
    """Return for each query the index of the nearest candidate."""
    lengths = (candidates**2).sum(axis=1) / 2
    found = np.empty(len(queries), np.intp)
    for start in range(0, len(queries), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        found[chunk] = (lengths - queries[chunk] @ candidates.T).argmin(axis=1)
    return indices[found]


def _propagate(
    match: Indices, queries: Indices, features: Floats, is_source: NDArray[np.bool_], width: int
) -> None:
    """Improve `match` in place with the matches of neighbours, moved along."""
    wanted = features[queries]
    best = ((features[match[queries]] - wanted) ** 2).sum(axis=1)
    for _ in range(_ROUNDS):
        for down, across in _NEIGHBOURS:
            step = down * width + across
            neighbours = np.clip(queries + step, 0, len(match) - 1)
            candidates = np.clip(match[neighbours] - step, 0, len(match) - 1)
            usable = np.flatnonzero((match[neighbours] >= 0) & is_source[candidates])
            costs = ((features[candidates[usable]] - wanted[usable]) ** 2).sum(axis=1)
            better = costs < best[usable]
            chosen = usable[better]
            match[queries[chosen]] = candidates[chosen]
            best[chosen] = costs[better]


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
