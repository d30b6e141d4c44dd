"""Bytes -> the finished picture: decode, matte, render."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from inference import cutouts, decoding
from inference import edges as edging
from inference.arrays import RGB, Edges, Mask, Matte, Quality, Size
from inference.config import DEFAULT_MAX_PIXELS
from inference.decoding import Picture
from inference.engines.registry import Engines
from inference.errors import UnreadableImage, UnusableBackground
from inference.pipelines import Result, on_white
from inference.rendering import cutting, files
from inference.rendering.layout import Frame, plan
from inference.rendering.options import Options
from inference.rendering.picture import Rendered, render
from inference.resampling import bounded
from inference.timing import Clock

# Networks leave one or two levels all over the background, and take them from the inside. Without
# them half as many pixels have colours to be estimated, and nothing of the background stays in.
_NOISE = 2
_SETTLED = np.clip((np.arange(256) - _NOISE) * 255 / (255 - 2 * _NOISE) + 0.5, 0, 255).astype(
    np.uint8
)
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


def render_cut_out(
    data: bytes,
    options: Options,
    background: bytes | None = None,
    *,
    engines: Engines,
    quality: Quality | None = None,
    edges: Edges | None = None,
    keeps_transparent: bool = False,
    drops_alpha: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Result:
    """Return the subject of a picture as `options` ask for it.

    `background` is an encoded picture. With `keeps_transparent`, one that has transparency already
    is returned as it is; with `drops_alpha`, its transparency is ignored. Details of the result:
    "foreground" (top, left, width, height), "largest" (width, height without caps), "ambiguous"
    (the share of all pixels that are neither clearly in nor out, 0.0..1.0). Timings: decode,
    prepare, network, edges, colours, encode. Raises what `remove_background` and `render` do, and
    UnusableBackground. A JPEG of which only a smaller picture is wanted is decoded smaller.
    """
    clock = Clock()
    with clock.measure("decode"):
        at_least = None
        if not keeps_transparent and _is_plainly_capped(options):
            side = engines.matting(quality).input_side
            at_least = _needed(data, options, side, max_pixels)
        picture = decoding.decode(data, max_pixels=max_pixels, at_least=at_least)
        if drops_alpha:
            picture = replace(picture, alpha=None)
        behind = _background(background, max_pixels)
    if keeps_transparent and picture.alpha is not None and picture.alpha.min() < 255:
        return _as_it_is(data, picture, options, clock)
    engine = engines.matting(quality)
    rgb = on_white(picture)
    matte = engine.matte(rgb, clock)
    mask = _mask_of(matte, rgb, edges, clock)
    rendered = render(picture, mask, options, behind, clock)
    return Result(
        rendered.data,
        rendered.media_type,
        rendered.extension,
        *(picture.info.width, picture.info.height),
        *rendered.size,
        engine.name,
        clock.milliseconds,
        _details(rendered, matte),
    )


def _details(rendered: Rendered, matte: Matte) -> dict[str, Any]:
    box = rendered.foreground
    return {
        "foreground": [box.top, box.left, box.width, box.height],
        "largest": list(rendered.largest),
        "ambiguous": ambiguity(matte),
    }


def ambiguity(matte: Matte) -> float:
    """Return the share of all pixels that are neither clearly in nor out: 0.1 to 0.9."""
    return round(float(((matte > 0.1) & (matte < 0.9)).mean()), 4)


def _is_plainly_capped(options: Options) -> bool:
    """Whether the result is the whole picture made smaller, wherever the subject lies."""
    lays_out = options.crop or options.scale is not None or options.position is not None
    has_canvas = options.padding is not None or options.width or options.height
    return not lays_out and not has_canvas and bool(options.max_pixels or options.max_side)


def _needed(data: bytes, options: Options, input_side: int, max_pixels: int) -> Size:
    """Return the size below which a picture may not be decoded."""
    info = decoding.probe(data, max_pixels=max_pixels)
    original = info.width, info.height
    layout = plan(options, original, original, Frame(0, 0, *original), is_png=False)
    return max(layout.size[0], input_side), max(layout.size[1], input_side)


def _mask_of(matte: Matte, rgb: RGB, wanted: Edges | None, clock: Clock) -> Mask:
    size = rgb.shape[1], rgb.shape[0]
    with clock.measure("edges"):
        fine = edging.chosen(wanted, size) == "fine"
        mask = edging.refine(matte, rgb, size) if fine else edging.upsample(matte, size)
        return cv2.LUT(mask, _SETTLED).astype(np.uint8, copy=False)


def _background(data: bytes | None, max_pixels: int) -> RGB | None:
    if data is None:
        return None
    try:
        picture = decoding.decode(data, max_pixels=max_pixels)
    except UnreadableImage as error:
        raise UnusableBackground(error) from error
    return on_white(decoding.in_srgb(picture))


def _as_it_is(data: bytes, picture: Picture, options: Options, clock: Clock) -> Result:
    """Return the upload, in the format asked for; the same bytes where it has that already."""
    kind = options.format if options.format not in ("auto", "zip") else "png"
    size = picture.info.width, picture.info.height
    wanted = bounded(size, options.max_side)
    is_same = kind == _EXTENSIONS[picture.format] and wanted == size
    if not is_same or picture.info.orientation != 1:
        with clock.measure("encode"):
            data = _converted(picture, kind, wanted)
    details = {"foreground": [0, 0, *wanted], "largest": list(size), "ambiguous": 0.0}
    timings = clock.milliseconds
    media_type = files.MEDIA_TYPES[kind]
    return Result(data, media_type, kind, *size, *wanted, "", timings, details)


def _converted(picture: Picture, kind: str, size: tuple[int, int]) -> bytes:
    alpha = picture.alpha
    if alpha is None:
        alpha = np.full(picture.rgb.shape[:2], 255, np.uint8)
    rgba = cutouts.with_alpha(picture.rgb, alpha)
    if size != (picture.info.width, picture.info.height):
        rgba = cutting.resized(rgba, size)
    if kind == "webp":
        return files.lossless_webp(rgba, picture.icc_profile)
    if kind in ("jpg", "bmp", "gif"):
        return files.encode(files.flattened(rgba, (255, 255, 255)), kind, picture.icc_profile)
    return files.encode(rgba, kind, picture.icc_profile)
