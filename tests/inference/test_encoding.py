"""Masks as files."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.encoding import mask_to_png


@pytest.mark.parametrize(
    "size", [(1, 1), (64, 48), (1, 1000), (1000, 1), (1, 1_000_001), (1_000_001, 1)]
)
def test_writes_the_mask_without_loss(size):
    mask = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(mask_to_png(mask)))), mask)


def test_writes_8_bit_grey():
    image = Image.open(io.BytesIO(mask_to_png(np.zeros((4, 4), np.uint8))))
    assert (image.format, image.mode) == ("PNG", "L")


def test_writes_an_empty_mask_small():
    assert len(mask_to_png(np.zeros((1080, 1920), np.uint8))) < 20_000
