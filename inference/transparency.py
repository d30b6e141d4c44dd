"""The one colour that a PNG calls transparent (tRNS, PNG Specification, third edition, 11.3.1.1).

The file names it as its samples are, of 1 to 16 bits, and means no other. Pillow brings samples to
8 bits and leaves the named colour as it was, so that of the two one has to follow the other.
"""

import io

import numpy as np
from PIL import Image

from inference.arrays import Alpha

_DEPTH = 24
"""The byte of a PNG that tells the bits of a sample (11.2.1)."""
_SECOND_BYTES = "RGB;16L"
"""How Pillow calls samples whose first byte is the lower one: it keeps the other."""


def settled(image: Image.Image, data: bytes) -> Image.Image:
    """Return a loaded image with the transparent colour of its file, `data`; changes its `info`."""
    colour = image.info.get("transparency")
    if image.format != "PNG" or colour is None:
        return image
    depth = data[_DEPTH]
    if image.mode == "L" and depth < 8:
        highest = 2**depth - 1
        image.info["transparency"] = (colour & highest) * 255 // highest
    if image.mode == "RGB" and depth == 16:
        del image.info["transparency"]
        image.putalpha(Image.fromarray(_deep_alpha(image, data, colour)))
    return image


def _deep_alpha(image: Image.Image, data: bytes, colour: tuple[int, int, int]) -> Alpha:
    """Compare all 16 bits, of which the image has the first 8."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as twin:
        twin.tile = [tile._replace(args=_SECOND_BYTES) for tile in twin.tile]
        first, second = np.asarray(image), np.asarray(twin)
    is_other = np.zeros(first.shape[:2], bool)
    for channel, sample in enumerate(colour):
        is_other |= first[..., channel] != sample >> 8
        is_other |= second[..., channel] != sample & 255
    return np.where(is_other, np.uint8(255), np.uint8(0))
