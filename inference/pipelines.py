"""One function for each operation: decode -> engine -> edges -> encode."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np

from inference import cutouts, decoding, encoding, removal
from inference import edges as edging
from inference.arrays import RGB, Alpha, Box, Edges, Mask, Matte, Prompts, Quality, Size
from inference.config import DEFAULT_MAX_PIXELS
from inference.decoding import Picture
from inference.engines.protocols import SegmentationEngine
from inference.engines.registry import Engines
from inference.errors import InferenceError, NothingFound, TooMuchFound, UnusableMask
from inference.resampling import bounded, resize
from inference.timing import Clock

_ENOUGH = 4
"""Times the side of a network's input, below which its picture is not decoded."""
_MEDIA_TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Result:
    """A finished file. `original_…` is the upright upload; `timings` are milliseconds by stage.

    `engine` is empty where no network was needed.
    """

    data: bytes
    media_type: str
    extension: str
    original_width: int
    original_height: int
    width: int
    height: int
    engine: str
    timings: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


def remove_background(
    data: bytes,
    *,
    engines: Engines,
    quality: Quality = "auto",
    edges: Edges | None = None,
    max_side: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Result:
    """Return the foreground mask as a greyscale PNG, 255 = foreground.

    The mask has the upright picture's size, scaled down to `max_side` pixels on the longest side
    if that is smaller. Without `edges`, small masks get fine ones. Where the picture itself is
    transparent, the mask is too. Timings: decode, prepare, network (the bare run), edges, encode.
    Raises UnreadableImage, TooManyPixels, WeightsMissing or EngineFailed.
    """
    clock = Clock()
    engine = engines.matting(quality)
    with clock.measure("decode"):
        info = decoding.probe(data, max_pixels=max_pixels)
        size = bounded((info.width, info.height), max_side)
        how = edging.chosen(edges, size)
        at_least = _needed(engine.input_side, size if how == "fine" else (1, 1))
        picture = decoding.decode(data, max_pixels=max_pixels, at_least=at_least)
        rgb = on_white(picture)
    matte = engine.matte(rgb, clock)
    with clock.measure("edges"):
        mask = _finish_mask(matte, rgb, picture.alpha, size, how)
    with clock.measure("encode"):
        png = encoding.mask_to_png(mask)
    return _finish(png, "png", picture, mask, engine.name, clock)


def segment_image(
    data: bytes,
    prompts: Prompts,
    *,
    engines: Engines,
    edges: Edges = "fast",
    max_side: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Result:
    """Return the mask of what `prompts` point at as a greyscale PNG, 255 = selected.

    Prompts are in pixels of the upright picture and inside it. Size, timings and errors are those
    of `remove_background`.
    """
    clock = Clock()
    engine = engines.segmentation()
    with clock.measure("decode"):
        picture = _decode_bounded(data, max_side, max_pixels)
        rgb = on_white(picture)
    mask = _segment(engine, rgb, _scaled(prompts, picture), edges, clock)
    with clock.measure("encode"):
        png = encoding.mask_to_png(mask)
    return _finish(png, "png", picture, mask, engine.name, clock)


def extract_object(
    data: bytes,
    mask_or_prompts: bytes | Prompts,
    *,
    engines: Engines,
    feather: int = 0,
    output_format: Literal["webp", "png"] = "webp",
    edges: Edges = "fast",
    inverts: bool = False,
    max_side: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Result:
    """Return the object on transparent ground, its edge feathered by 0..50 pixels of the upload.

    A mask (an encoded picture of the upright size or of the result's, 255 = keep) is taken as
    partial opacity; one made from prompts follows `edges`. `inverts` keeps what is not the object.
    Fully opaque pixels keep their bytes, and the file the colour profile. The engine's name is
    empty where a mask came. Timings: decode, prepare and network for prompts, colours, encode.
    Raises UnusableMask, also for a mask that keeps nothing to be seen, NothingFound or TooMuchFound
    where prompts do, and what `remove_background` does.
    """
    clock = Clock()
    with clock.measure("decode"):
        picture = _decode_bounded(data, max_side, max_pixels)
    if isinstance(mask_or_prompts, Prompts):
        engine = engines.segmentation()
        prompts = _scaled(mask_or_prompts, picture)
        mask, served = _segment(engine, on_white(picture), prompts, edges, clock), engine.name
    else:
        with clock.measure("decode"):
            mask, served = _mask_for(picture, mask_or_prompts, max_side, max_pixels), ""
    with clock.measure("colours"):
        mask = 255 - mask if inverts else mask
        _refuse_nothing(mask, picture.alpha, mask_or_prompts)
        fade = feather * max(mask.shape) / max(picture.info.width, picture.info.height)
        cut_out = cutouts.cut_out(picture.rgb, mask, fade, picture.alpha)
    encode = encoding.rgba_to_webp if output_format == "webp" else encoding.rgba_to_png
    with clock.measure("encode"):
        file = encode(cut_out, picture.icc_profile)
    return _finish(file, output_format, picture, mask, served, clock)


def _refuse_nothing(mask: Mask, alpha: Alpha | None, mask_or_prompts: bytes | Prompts) -> None:
    """Raise for a mask that keeps nothing, or nothing to be seen: an empty picture is no result."""
    marks_any = mask.any()
    if marks_any and (alpha is None or cv2.multiply(mask, alpha, scale=1 / 255).any()):
        return
    if isinstance(mask_or_prompts, Prompts):
        raise NothingFound if marks_any else TooMuchFound
    what = "keeps only what is transparent in the picture" if marks_any else "marks nothing to keep"
    raise UnusableMask(f"The mask {what}: the result would be empty.")


def remove_object(
    data: bytes,
    mask_or_prompts: bytes | Prompts,
    *,
    engines: Engines,
    quality: Quality = "auto",
    output_format: Literal["same", "png"] = "same",
    max_side: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Result:
    """Return the picture in its own format, or as PNG, with everything at mask >= 128 gone.

    A mask is an encoded picture of the upright size or of the result's; one made from prompts is
    grown so that no rim of the object stays. Pixels outside keep their bytes (JPEG: before
    encoding), the alpha and the colour profile theirs. Timings: decode, prepare, network, fill,
    encode. Raises UnusableMask, also for a mask that covers nothing, nearly everything, or all that
    can be seen around it, TooMuchFound where prompts do, and what `extract_object` does.
    """
    clock = Clock()
    is_pointed_at = isinstance(mask_or_prompts, Prompts)
    with clock.measure("decode"):
        # A mask made smaller first would leave the rim of what it covers, and lose what is thin.
        picture = _decode_bounded(data, max_side if is_pointed_at else None, max_pixels)
    if isinstance(mask_or_prompts, Prompts):
        finder = engines.segmentation()
        prompts = _scaled(mask_or_prompts, picture)
        mask = removal.grow(_segment(finder, on_white(picture), prompts, "fast", clock))
        served = f"{finder.name}+"
    else:
        with clock.measure("decode"):
            mask, served = _mask_for(picture, mask_or_prompts, max_side, max_pixels), ""
    engine = engines.inpainting(quality)
    try:
        filled = removal.remove(picture.rgb, mask, engine, clock, picture.alpha)
    except (removal.NothingToRemove, removal.HoleTooLarge, removal.NothingAround) as error:
        if not is_pointed_at:
            raise UnusableMask(str(error)) from error
        if isinstance(error, removal.NothingAround):
            raise TooMuchFound(str(error)) from error
        raise TooMuchFound from error
    with clock.measure("encode"):
        picture = decoding.bounded_by(max_side, dataclasses.replace(picture, rgb=filled))
        file, extension = _like(picture, output_format)
    return _finish(file, extension, picture, picture.rgb, served + engine.name, clock)


def _like(picture: Picture, output_format: str) -> tuple[bytes, str]:
    """Encode in the format the picture came in, or PNG; lossless but for JPEG. With the extension."""
    rgb, profile = picture.rgb, picture.icc_profile
    kind = picture.format if output_format == "same" else "PNG"
    if kind == "JPEG":
        return encoding.rgb_to_jpeg(rgb, profile), "jpg"
    pixels = rgb if picture.alpha is None else cutouts.with_alpha(rgb, picture.alpha)
    has_alpha = picture.alpha is not None
    if kind == "WEBP":
        encode = encoding.rgba_to_webp if has_alpha else encoding.rgb_to_webp_lossless
        return encode(pixels, profile), "webp"
    encode = encoding.rgba_to_png if has_alpha else encoding.rgb_to_png
    return encode(pixels, profile), "png"


def _needed(input_side: int, size: Size) -> Size:
    """Return the size below which a picture may not be decoded whose mask follows it at `size`.

    A JPEG's own way of shrinking is not quite an average, and networks answer to the difference.
    Decoded at their own side, U2-Netp's masks of photographs are up to 14 levels off away from
    edges, at twice that 3, at four times 2 (of soft edges themselves 71, 36, 17).
    """
    least = _ENOUGH * input_side
    return max(size[0], least), max(size[1], least)


def _decode_bounded(data: bytes, max_side: int | None, max_pixels: int) -> Picture:
    """Decode at full size, or at the size `max_side` leaves of it."""
    if max_side is None:
        return decoding.decode(data, max_pixels=max_pixels)
    info = decoding.probe(data, max_pixels=max_pixels)
    size = bounded((info.width, info.height), max_side)
    picture = decoding.decode(data, max_pixels=max_pixels, at_least=size)
    return decoding.bounded_by(max_side, picture)


def _mask_for(picture: Picture, data: bytes, max_side: int | None, max_pixels: int) -> Mask:
    """Decode a mask, of the upload's size or the result's, to that `picture` was decoded at."""
    try:
        mask = decoding.decode_mask(data, max_pixels=max_pixels)
    except InferenceError as error:
        raise UnusableMask.because_of(error) from error
    size = picture.info.width, picture.info.height
    if mask.shape[::-1] not in (size, bounded(size, max_side)):
        raise UnusableMask("The mask and the image must have the same width and height.")
    height, width = picture.rgb.shape[:2]
    return resize(mask, (width, height))


def _scaled(prompts: Prompts, picture: Picture) -> Prompts:
    """Bring prompts from the upright original to the size `picture` was decoded at."""
    height, width = picture.rgb.shape[:2]
    x, y = width / picture.info.width, height / picture.info.height
    if x == y == 1:
        return prompts
    points = tuple(
        dataclasses.replace(point, x=point.x * x, y=point.y * y) for point in prompts.points
    )
    box = prompts.box
    return Prompts(points, box and Box(box.left * x, box.top * y, box.right * x, box.bottom * y))


def _segment(
    engine: SegmentationEngine, rgb: RGB, prompts: Prompts, how: Edges, clock: Clock
) -> Mask:
    mask = engine.segment(rgb, prompts, clock)
    if mask.max() < 128:
        raise NothingFound
    if how == "fast":
        return mask
    with clock.measure("edges"):
        return edging.follow(mask, rgb)


def _finish(
    file: bytes, extension: str, picture: Picture, made: RGB | Mask, engine: str, clock: Clock
) -> Result:
    height, width = made.shape[:2]
    original = picture.info.width, picture.info.height
    media_type = _MEDIA_TYPES[extension]
    return Result(file, media_type, extension, *original, width, height, engine, clock.milliseconds)


def on_white(picture: Picture) -> RGB:
    """Return the picture as it looks on white paper."""
    # What is under transparent pixels was never meant to be seen, and misleads the network.
    if picture.alpha is None or picture.alpha.min() == 255:
        return picture.rgb
    alpha = cv2.cvtColor(picture.alpha, cv2.COLOR_GRAY2RGB)
    flattened = cv2.add(cv2.multiply(picture.rgb, alpha, scale=1 / 255), cv2.bitwise_not(alpha))
    return flattened.astype(np.uint8, copy=False)


def _finish_mask(matte: Matte, rgb: RGB, alpha: Alpha | None, size: Size, how: Edges) -> Mask:
    mask = edging.refine(matte, rgb, size) if how == "fine" else edging.upsample(matte, size)
    if alpha is None:
        return mask
    alpha = resize(alpha, size)
    return cv2.multiply(mask, alpha, scale=1 / 255).astype(np.uint8, copy=False)
