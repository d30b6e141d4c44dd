"""Broken and hostile files: each is refused with a sentence, and nothing but InferenceError escapes."""

import functools
import re
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data as photographs

from inference.decoding import decode, decode_mask, probe, verify
from inference.errors import InferenceError, TooManyPixels, UnreadableImage, UnsupportedFormat
from tests.inference.drawing import (
    animated,
    corners,
    encode,
    many_scans,
    noise,
    png_of_size,
    resized_jpeg_header,
    with_orientation,
)

NOT_IMAGES = {
    "text": b"hello",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "html": b"<!doctype html><script>1</script>",
    "pdf": b"%PDF-1.7\n",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "zip": b"PK\x03\x04",
    "zeros": bytes(1000),
    "riff that is no webp": b"RIFF\x00\x00\x00\x00WAVE",
}


@pytest.mark.parametrize("look", [probe, verify, decode, decode_mask])
def test_refuses_an_empty_file(look):
    with pytest.raises(UnreadableImage, match="empty"):
        look(b"")


@pytest.mark.parametrize("data", NOT_IMAGES.values(), ids=NOT_IMAGES)
def test_refuses_what_is_no_image(data):
    with pytest.raises(UnsupportedFormat, match="accepted are JPEG, PNG, WebP"):
        probe(data)


@pytest.mark.parametrize("format", ["GIF", "BMP", "TIFF", "ICO", "PPM", "JPEG2000"])
def test_refuses_other_image_types(format):
    with pytest.raises(UnsupportedFormat):
        probe(encode(noise(), format))


def iso_media(first: bytes, *others: bytes) -> bytes:
    brands = first + bytes(4) + b"".join(others)
    return (8 + len(brands)).to_bytes(4) + b"ftyp" + brands + bytes(100)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (iso_media(b"heic", b"mif1", b"heic"), "HEIC"),
        (iso_media(b"hevx"), "HEIC"),
        (iso_media(b"mif1", b"heic"), "HEIC"),
        (iso_media(b"mif1", b"avif", b"miaf"), "AVIF"),
        (iso_media(b"avif", b"mif1"), "AVIF"),
        (iso_media(b"mif1") + b"avif", "HEIC"),
    ],
)
def test_names_what_phones_and_browsers_write(data, kind):
    with pytest.raises(UnsupportedFormat, match=f"is {kind}; accepted are JPEG, PNG, WebP"):
        probe(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_refuses_a_truncated_file(format, share):
    data = encode(noise(200, 200), format)
    with pytest.raises(UnreadableImage):
        verify(data[: int(len(data) * share)])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_refuses_a_file_that_is_only_a_signature(format):
    with pytest.raises(UnreadableImage):
        probe(encode(noise(), format)[:16])


def test_accepts_a_jpeg_that_lacks_only_its_end_marker():
    data = encode(noise(), "JPEG")
    assert np.array_equal(decode(data[:-2]).rgb, decode(data).rgb)


def progressive_cuts():
    """A progressive JPEG, cut before each of its scans but the first."""
    whole = encode(photographs.astronaut(), "JPEG", progressive=True, quality=90)
    scans = [match.start() for match in re.finditer(rb"\xff\xda", whole)]
    return [whole[:start] for start in scans[1:]]


@pytest.mark.parametrize("read", [decode, verify])
def test_refuses_a_progressive_jpeg_cut_between_two_scans(read):
    cuts = progressive_cuts()
    assert len(cuts) > 3
    for cut in cuts:
        with pytest.raises(UnreadableImage):
            read(cut)


def test_refuses_a_jpeg_that_lacks_more_than_its_end_marker():
    with pytest.raises(UnreadableImage):
        verify(encode(noise(), "JPEG")[:-12])


@pytest.mark.parametrize("look", [probe, decode])
def test_refuses_a_jpeg_header_of_4_gigapixel(look):
    with pytest.raises(TooManyPixels, match="65500 x 65500"):
        look(resized_jpeg_header(65500, 65500))


@pytest.mark.parametrize("look", [probe, decode])
def test_refuses_a_png_of_2_5_gigapixel(look):
    with pytest.raises(TooManyPixels):
        look(png_of_size(50_000, 50_000))


def test_refuses_one_pixel_more_than_the_limit():
    with pytest.raises(TooManyPixels):
        probe(encode(noise(11, 10), "PNG"), max_pixels=109)


def test_says_what_the_limit_is():
    with pytest.raises(TooManyPixels, match="at most 50,000,000 pixels"):
        probe(png_of_size(50_000, 50_000))


def test_refuses_a_png_without_its_rows():
    with pytest.raises(UnreadableImage):
        verify(png_of_size(1000, 1000))


def test_refuses_a_jpeg_with_more_than_100_scans():
    with pytest.raises(UnreadableImage, match="more than 100 scans"):
        probe(many_scans(101))


def test_refuses_many_scans_quickly():
    start = time.process_time()
    with pytest.raises(UnreadableImage):
        verify(many_scans(20_000))
    assert time.process_time() - start < 1


def test_accepts_an_ordinary_progressive_jpeg():
    assert verify(many_scans(1)).width == 64


def test_the_sentence_names_the_type_that_was_found():
    with pytest.raises(UnsupportedFormat, match="is GIF"):
        probe(encode(noise(), "GIF"))


@functools.cache
def _seeds():
    grey16 = np.arange(400, dtype=np.uint16).reshape(20, 20) * 100
    return (
        encode(noise(20, 20), "JPEG"),
        encode(noise(20, 20), "JPEG", progressive=True),
        encode(Image.new("CMYK", (8, 8)), "JPEG"),
        encode(noise(20, 20), "PNG"),
        encode(grey16, "PNG"),
        encode(Image.new("P", (8, 8)), "PNG", transparency=0),
        encode(noise(20, 20), "WEBP"),
        with_orientation(corners(), "JPEG", 6),
        with_orientation(corners(), "PNG", 6),
        animated("WEBP"),
        animated("PNG"),
    )


# As on a server, where Pillow's warnings are no errors.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10),
    edits=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, 5000),
    tail=st.binary(max_size=20),
)
def test_only_inference_errors_escape_from_mutated_files(seed, edits, cut, tail):
    data = bytearray(_seeds()[seed])
    for position, value in edits:
        data[position % len(data)] = value
    mutated = bytes(data[: max(cut, 12)]) + tail
    for look in (probe, verify, decode, decode_mask):
        try:
            look(mutated, max_pixels=1_000_000)
        except InferenceError as error:
            assert str(error).endswith(".")
