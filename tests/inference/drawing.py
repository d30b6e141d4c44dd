"""Pictures drawn by code, and files made of them: sound, odd and hostile."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from inference import jpeg as jpeg_structure


def disc(width=64, height=48, value=255):
    """A bright disc on black, RGB, its radius a quarter of the shorter side."""
    y, x = np.mgrid[:height, :width]
    inside = np.hypot(x - width / 2, y - height / 2) < min(width, height) / 4
    return np.repeat((inside * value).astype(np.uint8)[..., None], 3, axis=2)


def noise(width=64, height=48, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def corners(width=40, height=24):
    """Red, green, blue and white corners, clockwise from the top left; grey between."""
    picture = np.full((height, width, 3), 128, np.uint8)
    picture[:8, :8] = 255, 0, 0
    picture[:8, -8:] = 0, 255, 0
    picture[-8:, -8:] = 0, 0, 255
    picture[-8:, :8] = 255, 255, 255
    return picture


def encode(picture, format, **options):
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def with_orientation(picture, format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    if format == "WEBP":
        options = {"lossless": True}
    return encode(picture, format, exif=exif.tobytes(), **options)


def resized_jpeg_header(width, height):
    """A small JPEG whose frame header claims another size."""
    data = bytearray(encode(disc(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def png_of_size(width, height):
    """A grey PNG of any size in a few bytes; its rows are missing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def png_with_a_transparent_colour(depth, samples, transparent):
    """A PNG of one row: grey where `transparent` is a number, RGB where it has three."""
    colour = np.atleast_1d(transparent)
    bits = "".join(format(sample, f"0{depth}b") for sample in np.ravel(samples))
    bits += "0" * (-len(bits) % 8)
    row = b"\0" + bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))
    width = len(samples)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, 2 if len(colour) == 3 else 0, 0, 0, 0)),
        (b"tRNS", struct.pack(f">{len(colour)}H", *colour)),
        (b"IDAT", zlib.compress(row)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def many_scans(count):
    """A progressive JPEG whose last scan is repeated."""
    data = encode(noise(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + jpeg_structure.END_MARKER


def animated(format):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if format == "WEBP" else {}
    return encode(frames[0], format, save_all=True, append_images=frames[1:], **options)


def _chunk(kind, content):
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def grey_profile(gamma):
    """A profile of greys with a single exponent (ICC.1:2001-04, 6.3.2 and 6.4.1)."""
    d50 = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(79),
        b"wtpt": b"XYZ \0\0\0\0" + d50,
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(gamma * 256), 0),
    }
    return _profile(b"mntrGRAYXYZ ", tags)


def printing_profile():
    """A profile of CMYK whose inks cannot be seen on white paper (ICC.1:2001-04, 6.5.9)."""
    d50 = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    straight = bytes(range(256))
    identity = struct.pack(">9I", *(0x10000 * (place % 4 == 0) for place in range(9)))
    white = bytes((255, 128, 128)) * 2**4
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"inks\0" + bytes(79),
        b"wtpt": b"XYZ \0\0\0\0" + d50,
        b"A2B0": b"mft1\0\0\0\0\4\3\2\0" + identity + straight * 4 + white + straight * 3,
    }
    return _profile(b"prtrCMYKLab ", tags)


def _profile(kind, tags):
    """A profile of a class, a space of colours and one to connect it by, as ICC.1:2001-04 has it."""
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">2I", 132 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    d50 = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    head = struct.pack(">I4xI", 128 + len(table) + len(body), 0x02100000)
    head += kind + bytes(12) + b"acsp" + bytes(28) + d50
    return head.ljust(128, b"\0") + table + body


def mask_of(width, height, *places):
    """White at the places, black elsewhere."""
    mask = np.zeros((height, width), np.uint8)
    for place in places:
        mask[place] = 255
    return mask
