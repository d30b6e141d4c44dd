"""Renders: lays out, cuts out at the size of the result, puts on a ground, encodes."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, RGBA, Alpha, Mask, Size
from inference.decoding import Picture, in_srgb
from inference.rendering import backgrounds, cutting, files
from inference.rendering.errors import NoForeground, RoiEmpty, RoiOutsideImage
from inference.rendering.layout import Frame, Layout, plan
from inference.rendering.options import Options, Region
from inference.timing import Clock

_FAINTEST = 12
"""Of 255: what is fainter is no part of the subject, though it stays in the alpha."""


@dataclass(frozen=True, slots=True)
class Foreground:
    """The box of the subject, in pixels of the result."""

    top: int
    left: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished file. `largest` is the size it would have without a cap."""

    data: bytes
    media_type: str
    extension: str
    size: Size
    largest: Size
    foreground: Foreground

    @property
    def width(self) -> int:
        return self.size[0]

    @property
    def height(self) -> int:
        return self.size[1]

    @property
    def max_width(self) -> int:
        return self.largest[0]

    @property
    def max_height(self) -> int:
        return self.largest[1]


def render(
    picture: Picture,
    mask: Mask,
    options: Options,
    background: RGB | None = None,
    clock: Clock | None = None,
) -> Rendered:
    """Return the picture's subject as `options` ask for it.

    `mask` has the height and width of `picture.rgb`, which may be smaller than the original: sizes
    are the original's all the same. The picture's own transparency is taken into account here.
    `background` is put behind, enlarged or shrunk to cover; with it or a colour behind, the result
    is in sRGB. Where the format or the channels allow
    no transparency, what is left of it becomes white. Raises NoForeground, RoiOutsideImage,
    RoiEmpty and FormatTooSmall. Timings: colours, encode.
    """
    clock = clock or Clock()
    with clock.measure("colours"):
        if picture.alpha is not None and picture.alpha.min() == 255:
            picture = replace(picture, alpha=None)
        if _has_ground(options, background):
            # Colours of a ground are sRGB, and one file has one profile.
            picture = in_srgb(picture)
        if options.roi:
            mask = _only_in(mask, options.roi, picture)
        kind, layout = _planned(picture, mask, options, background)
        pixels, alpha = _painted(picture, mask, layout, options, (background, kind))
        found = _box_of(alpha, options)
        if kind == "zip":
            pixels, alpha = _pair(pixels, picture, layout)
    with clock.measure("encode"):
        profile, quality = picture.icc_profile, options.jpeg_quality
        if kind == "zip":
            data = files.pack(pixels, alpha, profile, quality)
        else:
            data = files.encode(pixels, kind, profile, quality)
    foreground = Foreground(*(round(side) for side in found))
    media_type = files.MEDIA_TYPES[kind]
    return Rendered(data, media_type, kind, layout.size, layout.largest, foreground)


def _has_ground(options: Options, background: RGB | None) -> bool:
    is_coloured = bool(options.background and options.background[3])
    return background is not None or is_coloured


def _planned(
    picture: Picture, mask: Mask, options: Options, background: RGB | None
) -> tuple[str, Layout]:
    """Return the format and the layout. Raises NoForeground."""
    original = picture.info.width, picture.info.height
    decoded = mask.shape[1], mask.shape[0]
    opacity = cutting.with_own(mask, picture.alpha)
    top, left, width, height = _box_of(opacity, options)
    if not width:
        raise NoForeground
    box = Frame(left, top, width, height)
    subject = box.scaled(original[0] / decoded[0], original[1] / decoded[1])
    layout = plan(options, original, decoded, subject, is_png=False)
    kind = _kind(options, background, opacity, layout)
    if kind == "png" and options.png_max_pixels:
        layout = plan(options, original, decoded, subject, is_png=True)
    return kind, layout


def _kind(options: Options, background: RGB | None, opacity: Alpha, layout: Layout) -> str:
    """Return the format: the alpha alone has no use for a pair of files, nor for JPEG by default."""
    if options.channels == "alpha" and options.format in ("auto", "zip"):
        return "png"
    if options.format != "auto":
        return options.format
    colour = options.background
    if options.is_flat or background is not None or (colour and colour[3] == 255):
        return "jpg"
    rows, columns = layout.rows, layout.columns
    seen = opacity[rows.start : rows.stop, columns.start : columns.stop]
    return "jpg" if layout.fills_the_canvas and seen.min() == 255 else "png"


def _painted(
    picture: Picture, mask: Mask, layout: Layout, options: Options, end: tuple[RGB | None, str]
) -> tuple[NDArray[np.uint8], Alpha]:
    """Return what is to be encoded, and the opacity of the subject alone, of the result's size.

    `end` is the background picture, if there is one, and the format.
    """
    if options.channels == "alpha":
        alpha = cutting.alpha_of(picture, mask, layout, options)
        return alpha, alpha
    rgba = cutting.cut_out(picture, mask, layout, options)
    alpha = np.ascontiguousarray(rgba[..., 3])
    return _grounded(rgba, options, *end), alpha


def _grounded(rgba: RGBA, options: Options, background: RGB | None, kind: str) -> NDArray[np.uint8]:
    """Put the ground behind; (H, W, 4) where something transparent may be left, else (H, W, 3)."""
    if background is not None:
        size = rgba.shape[1], rgba.shape[0]
        ground = backgrounds.covering(background, size, options.background_blur)
        return backgrounds.on_picture(rgba, ground)
    colour = options.background
    if colour and colour[3] == 255:
        return backgrounds.on_colour(rgba, colour)
    if colour and colour[3] > 0:
        rgba = backgrounds.on_tint(rgba, colour)
    must_be_opaque = options.is_flat or kind == "jpg"
    return backgrounds.on_colour(rgba, backgrounds.WHITE) if must_be_opaque else rgba


def _pair(pixels: NDArray[np.uint8], picture: Picture, layout: Layout) -> tuple[RGB, Alpha]:
    """Return colours and alpha for a ZIP: the picture's own colours where the subject is not.

    Black there would leave a dark rim in the JPEG.
    """
    if pixels.shape[2] == 3:
        return pixels, np.full(pixels.shape[:2], 255, np.uint8)
    alpha = np.ascontiguousarray(pixels[..., 3])
    seen = np.greater(alpha, 0).view(np.uint8)
    under = np.ascontiguousarray(cutting.colours_of(picture, layout))
    colours = cv2.copyTo(np.ascontiguousarray(pixels[..., :3]), seen, under.copy())
    return colours.astype(np.uint8, copy=False), alpha


def _only_in(mask: Mask, roi: Region, picture: Picture) -> Mask:
    """Blank everything outside; pixels of the region are those of the original.

    Pixels that the region cuts belong to it, so that none is left only where none was asked for.
    """
    width, height = picture.info.width, picture.info.height
    left, right = roi.left.of(width), roi.right.of(width)
    top, bottom = roi.top.of(height), roi.bottom.of(height)
    if min(left, top) < 0 or max(left, right) > width or max(top, bottom) > height:
        raise RoiOutsideImage(width, height)
    if left >= right or top >= bottom:
        raise RoiEmpty
    across, down = mask.shape[1] / width, mask.shape[0] / height
    rows = slice(math.floor(top * down), math.ceil(bottom * down))
    columns = slice(math.floor(left * across), math.ceil(right * across))
    kept = np.zeros_like(mask)
    kept[rows, columns] = mask[rows, columns]
    return kept


def _box_of(alpha: Alpha, options: Options) -> tuple[int, int, int, int]:
    """Return top, left, width, height of what is more than all but transparent; zeros for nothing."""
    faintest = _FAINTEST if options.semitransparency else cutting.HALF - 1
    is_seen = np.greater(alpha, faintest).view(np.uint8)
    left, top, width, height = cv2.boundingRect(is_seen)
    return top, left, width, height
