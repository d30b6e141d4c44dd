"""File types told by their first bytes alone; names and media types of an upload are never read."""

import re

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"%PDF", "PDF"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_AVIF_BRANDS = (b"avif", b"avis")
#: Bytes of a list of brands; longer ones are nobody's.
_LONGEST_LIST = 256
#: What both may call themselves first; what they are stands further on.
_SHARED_BRANDS = (b"mif1", b"msf1", b"miaf")
_PLAIN = re.compile(rb"[ -~]*")


def sniff(data: bytes) -> str | None:
    """Name the file type in Pillow's spelling, or None; the rest of the file may still be broken."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    return next((name for start, name in _SIGNATURES if data.startswith(start)), None)


def is_surely_a_file(data: bytes) -> bool:
    """Whether a known type begins so, and no text: that may well be BMW, whatever it is about."""
    return sniff(data) is not None and not _PLAIN.fullmatch(data[:16])


def _iso_media(data: bytes) -> str | None:
    end = min(int.from_bytes(data[:4]), len(data), _LONGEST_LIST)
    first, *others = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    if first in _AVIF_BRANDS or (first in _SHARED_BRANDS and set(_AVIF_BRANDS) & set(others)):
        return "AVIF"
    return "HEIC" if first in (*_HEIC_BRANDS, *_SHARED_BRANDS) else None
