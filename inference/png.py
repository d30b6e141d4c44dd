"""Arrays -> PNG, fast (PNG Specification, third edition, W3C 2025; its clauses are cited below).

One row filter for the whole picture, the one that makes a sample of it smallest. Strips with much
in them are deflated by igzip, 2 ns a byte; the empty and nearly empty ones, most of a mask and the
larger half of many cut-outs, by zlib-ng's run-length coding, which makes half of igzip's size of
them and is slow on the others. Strips fit the cache, and several threads work at parts of a large
picture, so that memory is bounded by the file.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from inference.parallel import at_once

Bytes: TypeAlias = NDArray[np.uint8]
"""(rows, bytes of a row)."""
_Part: TypeAlias = tuple[bytes, int, int]
"""Whole blocks of deflate, the Adler-32 of what they hold, and its length."""
_Piece: TypeAlias = tuple[slice, slice]
"""Rows, and bytes of them."""
Places: TypeAlias = NDArray[np.intp]

_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""By channels (11.2.1)."""
_NONE, _SUB, _UP, _PAETH = 0, 1, 2, 4
"""Of 9.2; the average, left out, is hardly ever the best."""
_STRIP_BYTES = 1 << 18
_PART_BYTES = 1 << 21
_MAX_PARTS = 8
_SPARSE = 0.1
"""Of the bytes of a strip, those that are not 0."""
_SAMPLES, _SAMPLE_BYTES = 6, 1 << 14
_WORTH_PAETH = 0.97
"""Of the size that the next best filter gives: Paeth's takes longest, so it has to save something."""
_ADLER = 65521
_END_OF_STREAM = b"\x03\x00"
"""An empty last block (RFC 1951, 3.2.6)."""


def write(pixels: NDArray[np.uint8], icc_profile: bytes | None = None) -> bytes:
    """Return (H, W), (H, W, 3) or (H, W, 4) as an 8-bit PNG; the profile is embedded as it is."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [b"\x89PNG\r\n\x1a\n", *_chunk(b"IHDR", header)]
    if icc_profile is not None:
        chunks += _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc_profile))
    for data in _deflated(pixels.reshape(height, -1), channels):
        chunks += _chunk(b"IDAT", data)
    chunks += _chunk(b"IEND", b"")
    return b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I4s", len(data), kind), data, struct.pack(">I", checksum)


def _deflated(rows: Bytes, step: int) -> Iterator[bytes]:
    """Yield the zlib stream of all rows (10.1); `step` is the bytes of a pixel."""
    kind = _best_filter(rows, step)
    count = min(max(rows.size // _PART_BYTES, 1), _MAX_PARTS, len(rows))
    edges = [len(rows) * part // count for part in range(count + 1)]
    checksum = 1
    yield b"\x78\x01"
    part = partial(_part, rows, step, kind)
    for data, own, length in at_once(part, list(pairwise(edges))):
        checksum = _joined(checksum, own, length)
        yield data
    yield _END_OF_STREAM + struct.pack(">I", checksum)


def _joined(first: int, second: int, length: int) -> int:
    """Return the Adler-32 of two pieces in a row (RFC 1950); `length` is the bytes of the second."""
    low = first & 0xFFFF
    sums = low + (second & 0xFFFF) - 1, (low - 1) * length + (first >> 16) + (second >> 16)
    return (sums[1] % _ADLER) << 16 | sums[0] % _ADLER


def _part(rows: Bytes, step: int, kind: int, ends: tuple[int, int]) -> _Part:
    checksum, made = 1, []
    dense = None
    for piece in _pieces(rows.shape[1], step, ends):
        strip = _filtered(rows, piece, step, kind)
        checksum = isal_zlib.adler32(strip, checksum)
        is_sparse = cv2.countNonZero(strip[:, -rows[piece].shape[1] :]) < _SPARSE * strip.size
        if is_sparse and dense:
            made.append(dense.flush(isal_zlib.Z_SYNC_FLUSH))
            dense = None
        if is_sparse:
            made.append(_run_lengths(strip))
        else:
            # Lives on through dense strips, which look alike, but not across others: a match may
            # not reach back over what another compressor wrote.
            dense = dense or isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
            made.append(dense.compress(strip))
    if dense:
        made.append(dense.flush(isal_zlib.Z_SYNC_FLUSH))
    return b"".join(made), checksum, (ends[1] - ends[0]) * (rows.shape[1] + 1)


def _pieces(row: int, step: int, ends: tuple[int, int]) -> Iterator[_Piece]:
    """Cut rows of so many bytes into strips: some whole ones each, or parts of a single wide one."""
    height = max(_STRIP_BYTES // row, 1)
    width = min(row, _STRIP_BYTES - _STRIP_BYTES % step)
    for top in range(*ends, height):
        for left in range(0, row, width):
            yield slice(top, min(top + height, ends[1])), slice(left, min(left + width, row))


def _run_lengths(strip: Bytes) -> bytes:
    packer = zlib_ng.compressobj(1, zlib_ng.DEFLATED, -15, 9, zlib_ng.Z_RLE)
    return packer.compress(strip) + packer.flush(zlib_ng.Z_SYNC_FLUSH)


def _filtered(rows: Bytes, piece: _Piece, step: int, kind: int) -> Bytes:
    """Return a piece filtered, rows behind the byte that tells how; empty ones as they are.

    Parts of a row are all filtered alike, and the first alone has that byte.
    """
    down, across = piece
    own = rows[piece]
    height, width = own.shape
    tells = int(across.start == 0)
    if width == rows.shape[1] and not own.any():
        return np.zeros((height, tells + width), np.uint8)
    # With a row above and a pixel to the left, zeros outside the picture (9.2).
    around = np.zeros((height + 1, step + width), np.uint8)
    above, before = min(down.start, 1), min(across.start, step)
    shown = rows[down.start - above : down.stop, across.start - before : across.stop]
    around[1 - above :, step - before :] = shown
    filtered = np.empty((height, tells + width), np.uint8)
    filtered[:, :tells] = kind
    np.subtract(around[1:, step:], _PREDICTORS[kind](around, step), out=filtered[:, tells:])
    return filtered


def _paeth(around: Bytes, step: int) -> Bytes:
    """Return what 9.4 predicts: of left, above and corner what is nearest to left + above - corner.

    Where the corner is not between the two others, that is the one further away from it. The
    bytes saturate only there.
    """
    left, above, corner = around[1:, :-step], around[:-1, step:], around[:-1, :-step]
    low, high = cv2.min(left, above), cv2.max(left, above)
    from_left, from_above = cv2.absdiff(above, corner), cv2.absdiff(left, corner)
    nearest = corner.copy()
    choices = (
        (left, cv2.add(from_left, from_left), from_above),
        (above, cv2.add(from_above, from_above), from_left),
        (low, high, corner),
        (high, corner, low),
    )
    for value, less, more in choices:
        cv2.copyTo(value, cv2.compare(less, more, cv2.CMP_LE), nearest)
    return nearest


_PREDICTORS: dict[int, Callable[[Bytes, int], Bytes | int]] = {
    _NONE: lambda around, step: 0,
    _SUB: lambda around, step: around[1:, :-step],
    _UP: lambda around, step: around[:-1, step:],
    _PAETH: _paeth,
}


def _best_filter(rows: Bytes, step: int) -> int:
    """Return the filter that makes the smallest file of some rows in which there is something."""
    samples = _samples(rows, step)
    if not samples:
        return _NONE
    sizes = {}
    for kind in _PREDICTORS:
        strips = [_filtered(rows, piece, step, kind) for piece in samples]
        sizes[kind] = len(isal_zlib.compress(b"".join(map(bytes, strips)), 1))
    paeth = sizes.pop(_PAETH)
    best = min(sizes, key=sizes.__getitem__)
    return _PAETH if paeth < _WORTH_PAETH * sizes[best] else best


def _samples(rows: Bytes, step: int) -> list[_Piece]:
    """Spread some small pieces over what is not empty; less where that is no more than a few."""
    seen = np.flatnonzero(rows.any(axis=1))
    if not len(seen):
        return []
    row = rows.shape[1]
    height = max(_SAMPLE_BYTES // row, 1)
    width = min(row, _SAMPLE_BYTES - _SAMPLE_BYTES % step)
    tops = [_spread(seen, turn) for turn in range(_SAMPLES)]
    blocks = {top: _blocks(rows[top], width) for top in tops}
    corners = dict.fromkeys((top, _spread(blocks[top], turn)) for turn, top in enumerate(tops))
    return [
        (slice(top, min(top + height, len(rows))), slice(left, left + width))
        for top, left in corners
    ]


def _blocks(row: Bytes, width: int) -> Places:
    """Return where in a row the blocks begin that are not empty, or else the first one."""
    highest = row[: len(row) // width * width].reshape(-1, width).max(axis=1)
    return np.flatnonzero(highest) * width if highest.any() else np.zeros(1, np.intp)


def _spread(places: Places, turn: int) -> int:
    return int(places[len(places) * (2 * turn + 1) // (2 * _SAMPLES)])
