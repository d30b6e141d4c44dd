"""What Pillow does not do for a JPEG: count its scans, miss its end, decode it without copies."""

import re
from dataclasses import dataclass

import simplejpeg

from inference.arrays import RGB, Size

END_MARKER = b"\xff\xd9"
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_PROGRESSIVE_FRAMES = frozenset((0xC2, 0xC6, 0xCA, 0xCE))  # ITU-T T.81, table B.1
# Inside a scan, FF 00 is a plain FF, FF D0..D7 are restarts and FF FF is fill: none ends the scan.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SCAN = re.compile(rb"\xff\xda")
# The others go by profiles, inversions and markers that Pillow knows about.
_PLAIN_COLOURS = frozenset(("YCbCr", "Gray"))
_WITHOUT_LENGTH = frozenset((0x01, 0xD8, *range(0xD0, 0xD8)))


@dataclass(frozen=True, slots=True)
class Structure:
    """Scans of the first picture in the file, counted up to the limit asked for.

    A progressive picture refines all pixels scan by scan: cut between two scans it still decodes,
    only coarser, so there a missing end may mean that detail is missing.
    """

    scans: int
    has_end: bool
    is_progressive: bool


def has_more_scans(data: bytes, limit: int) -> bool:
    """Tell whether the first picture has more than `limit` scans.

    Each scan is a pass over all pixels, so a few kilobytes of empty scans can cost seconds.
    Counting bytes alone would refuse photographs that carry a video behind their end marker.
    """
    # A pattern is found 2.5 times as fast as `bytes.count` finds two bytes.
    return len(_SCAN.findall(data)) > limit and read_structure(data, limit).scans > limit


def read_structure(data: bytes, limit: int) -> Structure:
    """Walk the markers until the end of the picture, the end of the data, or limit + 1 scans."""
    scans, position, is_progressive = 0, 0, False
    while scans <= limit and (match := _NEXT_MARKER.search(data, position)):
        marker, position = data[match.start() + 1], match.end()
        if marker == _END_OF_IMAGE:
            return Structure(scans, True, is_progressive)
        if marker == _START_OF_SCAN:
            scans += 1
        is_progressive |= marker in _PROGRESSIVE_FRAMES
        if marker not in _WITHOUT_LENGTH:
            position += int.from_bytes(data[position : position + 2], "big")
    return Structure(scans, False, is_progressive)


def pixels(data: bytes, size: Size) -> RGB | None:
    """Return what Pillow makes of a sound JPEG in colour or grey, as it lies; None for all others.

    `size` is its own (width, height), or what Pillow's `draft` leaves of it. Both use
    libjpeg-turbo, so that no pixel differs, but Pillow keeps four bytes a pixel and takes them
    apart again: at 12 Mpixel 101 ms instead of 32. It shall judge what is not quite sound.
    """
    width, height = size
    try:
        if simplejpeg.decode_jpeg_header(data)[2] not in _PLAIN_COLOURS:
            return None
        least = {"min_width": width, "min_height": height, "min_factor": 1}
        rgb: RGB = simplejpeg.decode_jpeg(data, "RGB", strict=True, **least)
    except ValueError:
        return None
    return rgb if rgb.shape[:2] == (height, width) else None


def end_variants(data: bytes) -> tuple[bytes, bytes]:
    """Return two completed copies of a JPEG that has no end marker, with different filling.

    A decoder ignores what stands between the last block and the end marker. So both copies
    decode to the same pixels if and only if nothing but the end marker was missing; in a
    truncated file the filling becomes picture.
    """
    body = data.rstrip(b"\xff")
    return body + b"\x55" * 64 + END_MARKER, body + b"\xaa" * 64 + END_MARKER
