"""File types told by their first bytes alone; names and media types of an upload are never read."""

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
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")


def sniff(data: bytes) -> str | None:
    """Name the file type in Pillow's spelling, or None; the rest of the file may still be broken."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _iso_media(data[8:12])
    return next((name for start, name in _SIGNATURES if data.startswith(start)), None)


def _iso_media(brand: bytes) -> str | None:
    if brand in _HEIF_BRANDS:
        return "HEIC"
    return "AVIF" if brand in (b"avif", b"avis") else None
