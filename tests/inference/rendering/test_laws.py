"""Whatever is asked of whatever picture: a file of the size told, or an error that is known."""

import warnings

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from inference.decoding import Picture, PictureInfo
from inference.rendering import (
    FormatTooSmall,
    Length,
    Margins,
    NoForeground,
    Options,
    Region,
    RoiEmpty,
    RoiOutsideImage,
    render,
)
from tests.inference.rendering.scenes import image_of, unpacked

KNOWN = NoForeground, RoiEmpty, RoiOutsideImage, FormatTooSmall
FORMATS = ["auto", "png", "jpg", "webp", "bmp", "tiff", "gif", "zip"]

lengths = st.builds(Length, st.floats(0, 100), st.sampled_from(["px", "%"]))
shares = st.floats(0, 100)
options = st.builds(
    Options,
    channels=st.sampled_from(["rgba", "rgb", "alpha"]),
    format=st.sampled_from(FORMATS),
    max_pixels=st.none() | st.integers(1, 30_000),
    max_side=st.none() | st.integers(1, 300),
    png_max_pixels=st.none() | st.integers(1, 30_000),
    crop=st.booleans(),
    crop_margin=st.none() | st.builds(Margins, lengths, lengths, lengths, lengths),
    crop_ratio=st.none() | st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)),
    scale=st.none() | st.floats(0.1, 1),
    position=st.none() | st.tuples(shares, shares),
    roi=st.none() | st.builds(Region, lengths, lengths, lengths, lengths),
    background=st.none() | st.tuples(*[st.integers(0, 255)] * 4),
    background_blur=shares,
    despill=st.booleans(),
    padding=st.none() | lengths,
    width=st.none() | st.integers(1, 300),
    height=st.none() | st.integers(1, 300),
    fit=st.sampled_from(["contain", "cover", "scale-down"]),
    semitransparency=st.booleans(),
    jpeg_quality=st.integers(1, 100),
)
sizes = st.tuples(st.integers(1, 60), st.integers(1, 60))
opacities = st.sampled_from([0, 1, 12, 13, 127, 128, 254, 255])


@st.composite
def pictures(draw):
    """A picture with or without transparency, of its own size or decoded smaller, and a mask."""
    height, width = draw(sizes)
    rgb = np.random.default_rng(draw(st.integers(0, 9))).integers(
        0, 256, (height, width, 3), np.uint8
    )
    alphas = npst.arrays(np.uint8, (height, width), elements=opacities)
    own, smaller = draw(st.none() | alphas), draw(st.integers(1, 4))
    info = PictureInfo("PNG", width * smaller, height * smaller, 1)
    return Picture(rgb, own, "PNG", None, info), draw(alphas)


grounds = st.none() | sizes.map(lambda size: np.full((*size, 3), 7, np.uint8))
thoroughly = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def attempted(scene, wanted, ground=None):
    """The result, or None for an error that may be; warnings of numpy are no such thing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            picture, mask = scene
            return render(picture, mask, wanted, ground)
        except KNOWN:
            return None


@thoroughly
@given(pictures(), options, grounds)
def test_every_combination_gives_a_file_of_the_size_told(scene, wanted, ground):
    result = attempted(scene, wanted, ground)
    if result is None:
        return
    if result.extension == "zip":
        shapes = {array.shape[:2] for array in unpacked(result)}
        assert shapes == {result.size[::-1]}
    else:
        assert image_of(result).size == result.size


@thoroughly
@given(pictures(), options)
def test_no_combination_exceeds_its_caps(scene, wanted):
    result = attempted(scene, wanted)
    if result is None:
        return
    within = [wanted.max_pixels]
    if result.extension == "png":
        within.append(wanted.png_max_pixels)
    assert all(result.width * result.height <= cap for cap in within if cap)
    assert max(result.size) <= (wanted.max_side or 10**9)


@thoroughly
@given(pictures(), options)
def test_the_box_of_the_subject_lies_within_the_result(scene, wanted):
    result = attempted(scene, wanted)
    if result is None:
        return
    box = result.foreground
    assert 0 <= box.left <= box.left + box.width <= result.width
    assert 0 <= box.top <= box.top + box.height <= result.height
