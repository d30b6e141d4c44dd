"""One function for each operation: decode -> engine -> edges -> encode."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from inference import decoding, edges, encoding
from inference.arrays import RGB, Alpha, Edges, Mask, Matte, Quality, Size
from inference.config import DEFAULT_MAX_PIXELS
from inference.decoding import Picture
from inference.engines.registry import Engines
from inference.resampling import bounded, resize
from inference.timing import Clock


@dataclass(frozen=True, slots=True)
class Result:
    """A finished file. `original_…` is the upright upload; `timings` are milliseconds by stage."""

    data: bytes
    media_type: str
    extension: str
    original_width: int
    original_height: int
    width: int
    height: int
    engine: str
    timings: dict[str, float] = field(default_factory=dict)


def remove_background(
    data: bytes,
    *,
    engines: Engines,
    quality: Quality = "auto",
    edges: Edges = "fast",
    max_side: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Result:
    """Return the foreground mask as a greyscale PNG, 255 = foreground.

    The mask has the upright picture's size, scaled down to `max_side` pixels on the longest side
    if that is smaller. Where the picture itself is transparent, the mask is too. Timings: decode,
    prepare, network (the bare run), edges, encode. Raises UnreadableImage, TooManyPixels,
    WeightsMissing or EngineFailed.
    """
    clock = Clock()
    engine = engines.matting(quality)
    with clock.measure("decode"):
        picture = _decode_for(data, engine.input_side, edges, max_side, max_pixels)
        original = picture.info.width, picture.info.height
        rgb = _on_white(picture)
    matte = engine.matte(rgb, clock)
    with clock.measure("edges"):
        mask = _finish_mask(matte, rgb, picture.alpha, bounded(original, max_side), edges)
    with clock.measure("encode"):
        png = encoding.mask_to_png(mask)
    height, width = mask.shape
    return Result(
        png, "image/png", "png", *original, width, height, engine.name, clock.milliseconds
    )


def _decode_for(
    data: bytes, input_side: int, edges: Edges, max_side: int | None, max_pixels: int
) -> Picture:
    """Decode no larger than needed: the network's input, or the mask where edges follow pixels."""
    at_least = input_side, input_side
    if edges == "fine":
        info = decoding.probe(data, max_pixels=max_pixels)
        width, height = bounded((info.width, info.height), max_side)
        at_least = max(width, input_side), max(height, input_side)
    return decoding.decode(data, max_pixels=max_pixels, at_least=at_least)


def _on_white(picture: Picture) -> RGB:
    # What is under transparent pixels was never meant to be seen, and misleads the network.
    if picture.alpha is None:
        return picture.rgb
    alpha = cv2.cvtColor(picture.alpha, cv2.COLOR_GRAY2RGB)
    flattened = cv2.add(cv2.multiply(picture.rgb, alpha, scale=1 / 255), cv2.bitwise_not(alpha))
    return flattened.astype(np.uint8, copy=False)


def _finish_mask(matte: Matte, rgb: RGB, alpha: Alpha | None, size: Size, how: Edges) -> Mask:
    mask = edges.refine(matte, rgb, size) if how == "fine" else edges.upsample(matte, size)
    if alpha is None:
        return mask
    alpha = resize(alpha, size)
    return cv2.multiply(mask, alpha, scale=1 / 255).astype(np.uint8, copy=False)
