"""For each pixel of a filled hole, the place around the hole that looks most like it.

Likeness is the sum of squared differences of 7 x 7 patches in Lab, by the low frequencies of their
orthonormal DCT, where nearly all of it lies. The search is that of PatchMatch (Barnes et al.,
SIGGRAPH 2009) with its luck taken out: it starts from the best of an even sample instead of at
random, then tries the neighbours' matches. A bonus for each neighbour that agrees keeps what is
copied together in pieces; without it a plain surface gets the grain of one pixel over and over,
which shows as a grid.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_RADIUS = 3
# (down, across) frequencies of a patch that are compared: most in lightness, few in colour.
_LIGHTNESS = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
_COLOUR = ((0, 0), (0, 1), (1, 0))
_SAMPLE = 4096
_CHUNK = 256
_ROUNDS = 4
_BLOCK = 8
_NEIGHBOURS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))
# What one agreeing neighbour is worth: a share of the mean difference, and a little of its own.
_AGREEMENT, _LEAST_AGREEMENT = 0.3, 4.0
_NONE = np.iinfo(np.intp).max // 2


def best_matches(
    filled: RGB, touched: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> Indices | None:
    """Return for each wanted pixel the flat index of an untouched one that looks like it, (H, W).

    What is wanted is touched; the rest has no meaning. None where no whole patch is untouched.
    """
    height, width = touched.shape
    size = 2 * _RADIUS + 1
    is_source = cv2.dilate(touched.astype(np.uint8), np.ones((size, size), np.uint8)) == 0
    is_source[:_RADIUS] = is_source[-_RADIUS:] = False
    is_source[:, :_RADIUS] = is_source[:, -_RADIUS:] = False
    sources, queries = np.flatnonzero(is_source), np.flatnonzero(wanted)
    if not len(sources):
        return None
    features = _features(filled)
    sample = sources[:: max(1, len(sources) // _SAMPLE)]
    nearest = _nearest(features[queries], features[sample], sample)
    match = np.zeros(height * width, np.intp)
    match[queries] = queries + _agreed(queries, nearest, features, is_source)
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
    return np.stack([one.ravel() for one in maps], axis=1).astype(np.float32, copy=False)


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
    # Taken anew for each chunk, the memory alone would take longer than the arithmetic.
    room = np.empty((_CHUNK, len(candidates)), np.float32)
    for start in range(0, len(queries), _CHUNK):
        chunk = queries[start : start + _CHUNK]
        products = np.matmul(chunk, candidates.T, out=room[: len(chunk)])
        np.subtract(lengths, products, out=products).argmin(
            axis=1, out=found[start : start + _CHUNK]
        )
    return indices[found]


def _agreed(
    queries: Indices, nearest: Indices, features: Floats, is_source: NDArray[np.bool_]
) -> Indices:
    """Return for each query how far away its match is, in flat indices.

    Each block starts with the match of its centre; then the pixels choose, every other one at a
    time (a chessboard, else neighbours would swap matches), from their neighbours' and their own.
    """
    width, last = is_source.shape[1], is_source.size - 1
    usable = is_source.ravel()
    rows, columns = np.divmod(queries, width)
    own = nearest - queries
    wanted = features[queries]

    def difference(shifts: Indices, among: Indices | slice) -> Floats:
        there = features[np.clip(queries[among] + shifts, 0, last)]
        return np.asarray(((there - wanted[among]) ** 2).sum(axis=1), np.float32)

    def allowed(shifts: Indices, among: Indices | slice, otherwise: Indices) -> Indices:
        there = queries[among] + shifts
        is_allowed = (there >= 0) & (there <= last) & usable[np.clip(there, 0, last)]
        return np.where(is_allowed, shifts, otherwise)

    bonus = np.float32(_AGREEMENT * difference(own, slice(None)).mean() + _LEAST_AGREEMENT)
    shift = np.full(last + 1, _NONE, np.intp)
    shift[queries] = own
    centre = rows // _BLOCK * _BLOCK + _BLOCK // 2, columns // _BLOCK * _BLOCK + _BLOCK // 2
    block = np.minimum(centre[0] * width + centre[1], last)
    shift[queries] = allowed(shift[block], slice(None), own)
    steps = np.array([down * width + across for down, across in _NEIGHBOURS])
    colours = [np.flatnonzero((rows + columns) % 2 == colour) for colour in (0, 1)]
    for among in colours * _ROUNDS:
        around = shift[np.clip(queries[among, None] + steps, 0, last)]
        best = shift[queries[among]]
        lowest = difference(best, among) - bonus * (around == best[:, None]).sum(axis=1)
        for candidates in (*around.T, own[among]):
            shifts = allowed(candidates, among, best)
            energy = difference(shifts, among) - bonus * (around == shifts[:, None]).sum(axis=1)
            better = energy < lowest
            best, lowest = np.where(better, shifts, best), np.where(better, energy, lowest)
        shift[queries[among]] = best
    return shift[queries]
