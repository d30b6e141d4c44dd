"""The cut-out on its canvas: out of the picture, at the size of the result, where it belongs."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import cutouts, foreground
from inference.arrays import RGB, RGBA, Alpha, Mask, Size
from inference.decoding import Picture
from inference.rendering.despill import despill
from inference.rendering.layout import Layout, Span
from inference.rendering.options import Options
from inference.resampling import resize, resize_seen

HALF = 128
"""Of 255: from here on a pixel is opaque where there is nothing between."""


def cut_out(picture: Picture, mask: Mask, layout: Layout, options: Options) -> RGBA:
    """Return the canvas with the cut-out on it, (0, 0, 0, 0) elsewhere.

    Shrinking comes first, as an estimate of the colours is no finer than what can be seen of it;
    enlarging comes last.
    """
    rgb, mask, own = _taken(picture, mask, layout)
    size = layout.place
    is_smaller = size[0] <= mask.shape[1] and size[1] <= mask.shape[0]
    if is_smaller:
        rgb, mask, own = _shrunk(rgb, mask, own, size)
    # What is cut out of a larger picture has its rows apart, which the estimate cannot read.
    rgba = cutouts.cut_out(np.ascontiguousarray(rgb), np.ascontiguousarray(mask), 0, own)
    if options.despill:
        despill(rgba)
    if not is_smaller:
        rgba = resized(rgba, size)
    if not options.semitransparency:
        rgba[..., 3] = hardened(np.ascontiguousarray(rgba[..., 3]))
        foreground.empty(rgba)
    return on_canvas(rgba, layout)


def alpha_of(picture: Picture, mask: Mask, layout: Layout, options: Options) -> Alpha:
    """Return what `cut_out` has as alpha, (H, W)."""
    _, mask, own = _taken(picture, mask, layout)
    alpha = resize(with_own(mask, own), layout.place)
    return on_canvas(alpha if options.semitransparency else hardened(alpha), layout)


def colours_of(picture: Picture, layout: Layout) -> RGB:
    """Return the picture's own colours on the canvas, whether they belong to the subject or not."""
    rgb = picture.rgb[_slices(layout)]
    return on_canvas(resize(rgb, layout.place), layout)


def with_own(mask: Mask, alpha: Alpha | None) -> Alpha:
    """Return the matte of a picture that may have transparency of its own."""
    if alpha is None:
        return mask
    return cv2.multiply(mask, alpha, scale=1 / 255).astype(np.uint8, copy=False)


def hardened(alpha: Alpha) -> Alpha:
    """Make every pixel either opaque or transparent."""
    return cv2.threshold(alpha, HALF - 1, 255, cv2.THRESH_BINARY)[1].astype(np.uint8, copy=False)


def on_canvas(pixels: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """Put (H, W) or (H, W, C) where it belongs, cut where it reaches beyond, 0 elsewhere."""
    width, height = layout.size
    columns, rows = layout.columns, layout.rows
    if (columns.first, rows.first) == (0, 0) and pixels.shape[:2] == (height, width):
        return pixels
    canvas = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
    shown = pixels[_shown(rows, height), _shown(columns, width)]
    top, left = max(rows.first, 0), max(columns.first, 0)
    canvas[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return canvas


def resized(rgba: RGBA, size: Size) -> RGBA:
    """Resize without drawing the black of transparent pixels into the edge."""
    planes = resize_seen(rgba[..., :3], np.ascontiguousarray(rgba[..., 3]), size)
    larger = cv2.merge(planes).astype(np.uint8, copy=False)
    foreground.empty(larger)
    return larger


def _taken(picture: Picture, mask: Mask, layout: Layout) -> tuple[RGB, Mask, Alpha | None]:
    part = _slices(layout)
    own = None if picture.alpha is None else picture.alpha[part]
    return picture.rgb[part], mask[part], own


def _shrunk(rgb: RGB, mask: Mask, own: Alpha | None, size: Size) -> tuple[RGB, Mask, Alpha | None]:
    """Shrink a picture and its mask; where it is transparent itself, neither is to be seen."""
    if own is None or size == (mask.shape[1], mask.shape[0]):
        own = None if own is None else np.ascontiguousarray(own)
        return resize(rgb, size), resize(mask, size), own
    *planes, mask, own = resize_seen(cutouts.with_alpha(rgb, mask), np.ascontiguousarray(own), size)
    return cv2.merge(planes).astype(np.uint8, copy=False), mask, own


def _slices(layout: Layout) -> tuple[slice, slice]:
    rows, columns = layout.rows, layout.columns
    return slice(rows.start, rows.stop), slice(columns.start, columns.stop)


def _shown(span: Span, canvas: int) -> slice:
    """What of the place is on the canvas, counted from where the place begins."""
    return slice(max(-span.first, 0), max(canvas - span.first, 0))
