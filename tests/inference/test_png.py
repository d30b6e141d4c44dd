"""PNG files read back by two decoders that are not ours, byte for byte."""

import io
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from skimage import data

from inference import png
from tests.inference.drawing import disc

SHAPES = [(1, 1), (1, 2), (7, 5), (1, 100_000), (100_000, 1), (129, 4097), (3, 300_000), (901, 777)]
_BGR = {1: cv2.COLOR_GRAY2BGR, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}


def _pillow(file):
    return np.asarray(Image.open(io.BytesIO(file)))


def _opencv(file):
    return cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)


def _is_read_back(pixels):
    """By Pillow and by OpenCV, which has a decoder of its own, as (H, W, 1) too."""
    file = png.write(pixels)
    flat = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
    bgr = flat if flat.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(flat), _BGR[flat.shape[2]])
    return np.array_equal(_pillow(file), flat) and np.array_equal(_opencv(file), bgr)


def _random(shape, highest=256):
    return np.random.default_rng(0).integers(0, highest, shape, np.uint8)


def _chunks(file):
    position, found = 8, []
    while position < len(file):
        (length,) = struct.unpack_from(">I", file, position)
        kind, content = (
            file[position + 4 : position + 8],
            file[position + 8 : position + 8 + length],
        )
        (checksum,) = struct.unpack_from(">I", file, position + 8 + length)
        assert checksum == zlib.crc32(kind + content)
        found.append((kind, content))
        position += 12 + length
    return found


def _rows(pixels):
    """The filtered rows, as a decoder sees them: the byte that tells the filter comes first."""
    stream = b"".join(content for kind, content in _chunks(png.write(pixels)) if kind == b"IDAT")
    return np.frombuffer(zlib.decompress(stream), np.uint8).reshape(len(pixels), -1)


@pytest.mark.parametrize("channels", [(), (3,), (4,)])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_back(shape, channels):
    assert _is_read_back(_random((*shape, *channels)))


@pytest.mark.parametrize("highest", [1, 2, 3, 30])
def test_pictures_with_little_in_them_are_read_back(highest):
    assert _is_read_back(_random((700, 900, 4), highest))


def test_a_large_picture_of_empty_full_and_noisy_stripes_is_read_back():
    pixels = _random((2200, 1900, 4))
    pixels[300:700] = 0
    pixels[900:905] = 0
    pixels[1000:1400, 20:] = 0
    pixels[1700:, :] = 255
    assert _is_read_back(pixels)


def test_a_picture_that_ends_empty_is_read_back():
    pixels = _random((1500, 1500, 4))
    pixels[600:] = 0
    assert _is_read_back(pixels)


def test_a_photograph_is_read_back():
    assert _is_read_back(data.astronaut())


def test_a_wide_picture_that_is_empty_in_parts_is_read_back():
    pixels = _random((3, 700_000, 4))
    pixels[:, :300_000] = 0
    pixels[1, 400_000:] = 0
    assert _is_read_back(pixels)


def test_rows_that_lie_apart_are_read_back():
    assert _is_read_back(_random((60, 90, 4))[::2, 10:-10])


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))))
def test_small_pictures_of_any_bytes_are_read_back(pixels):
    assert _is_read_back(pixels)


def test_predicts_as_paeth_does():
    around = _random((2, 40_000), 256)
    left, above, corner = (
        plane.astype(int) for plane in (around[1:, :-1], around[:-1, 1:], around[:-1, :-1])
    )
    # The specification's own words (9.4).
    far = [abs(left + above - corner - place) for place in (left, above, corner)]
    is_left = (far[0] <= far[1]) & (far[0] <= far[2])
    expected = np.where(is_left, left, np.where(far[1] <= far[2], above, corner))
    assert np.array_equal(png._paeth(around, 1), expected)


@pytest.mark.parametrize(
    ("filter", "pixels"),
    [
        (0, np.where(_random((500, 500), 2) > 0, 70, 200).astype(np.uint8)),
        (1, np.cumsum(_random((400, 600), 3), axis=1).astype(np.uint8)),
        (2, np.cumsum(_random((600, 400), 3), axis=0).astype(np.uint8)),
        (4, data.chelsea()),
    ],
)
def test_takes_the_filter_that_suits_the_picture(filter, pixels):
    assert set(_rows(pixels)[:, 0]) == {filter}


def test_leaves_empty_rows_unfiltered():
    pixels = _random((2000, 1000))
    pixels[500:1500] = 0
    assert not _rows(pixels)[800:1200].any()


def test_chunks_are_in_order_and_sound():
    kinds = [kind for kind, _ in _chunks(png.write(disc(), b"profile"))]
    assert (
        kinds[:2] == [b"IHDR", b"iCCP"] and kinds[-1] == b"IEND" and set(kinds[2:-1]) == {b"IDAT"}
    )


def test_the_file_is_the_same_every_time():
    pixels = _random((1500, 1500, 4), 40)
    assert png.write(pixels) == png.write(pixels)


def test_the_file_does_not_depend_on_the_number_of_threads():
    pixels, threads = _random((1500, 1500, 4), 40), cv2.getNumThreads()
    several = png.write(pixels)
    try:
        cv2.setNumThreads(1)
        assert png.write(pixels) == several
    finally:
        cv2.setNumThreads(threads)


@pytest.mark.parametrize("photograph", ["astronaut", "coffee", "chelsea", "rocket"])
@pytest.mark.parametrize("shown", [0.05, 0.4, 1.0])
def test_a_cut_out_is_little_larger_than_pillow_makes_it(photograph, shown):
    rgb = getattr(data, photograph)()
    y, x = np.ogrid[: rgb.shape[0], : rgb.shape[1]]
    far = np.hypot(y / rgb.shape[0] - 0.5, x / rgb.shape[1] - 0.5)
    alpha = np.clip((shown - far) * 200, 0, 255).astype(np.uint8)
    cut_out = np.dstack([rgb * (alpha > 0)[..., None], alpha])
    buffer = io.BytesIO()
    Image.fromarray(cut_out).save(buffer, "PNG")
    assert len(png.write(cut_out)) <= 1.2 * len(buffer.getvalue())


@pytest.mark.parametrize("value", [0, 255])
def test_an_even_mask_takes_next_to_nothing(value):
    assert len(png.write(np.full((3000, 4000), value, np.uint8))) < 20_000


def test_needs_little_more_memory_than_the_file():
    pixels = np.zeros((4000, 4000, 4), np.uint8)
    pixels[::50, ::50] = 200
    tracemalloc.start()
    try:
        file = png.write(pixels)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(file) + (8 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("height", [1, 2, 8])
def test_a_wide_picture_needs_little_more_memory_than_the_file(height):
    pixels = _random((height, 2_000_000 // height, 4))
    tracemalloc.start()
    try:
        file = png.write(pixels)
        assert tracemalloc.get_traced_memory()[1] < 2 * len(file) + (2 << 20)
    finally:
        tracemalloc.stop()


def test_takes_the_filter_that_suits_a_wide_picture():
    assert _rows(np.cumsum(_random((1, 500_000), 3), axis=1).astype(np.uint8))[0, 0] == 1
