"""Renders: lays out, cuts out at the size of the result, puts on a ground, encodes."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import cutouts
from inference.arrays import RGB, RGBA, Alpha, Mask, Size
from inference.decoding import Picture
from inference.errors import InferenceError
from inference.rendering import files
from inference.rendering.layout import Frame, Layout, plan
from inference.rendering.options import Options, Region
from inference.resampling import resize
from inference.timing import Clock

WHITE = (255, 255, 255)
_FAINTEST = 12
"""Of 255: what is fainter is no part of the subject, though it stays in the alpha."""
_LUMA_OF_GREEN = 0.587


class NoForeground(InferenceError):
    """Nothing in the picture stands out."""

    def __init__(self) -> None:
        super().__init__("Could not identify foreground in image.")


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


def render(
    picture: Picture,
    mask: Mask,
    options: Options,
    background: RGB | None = None,
    clock: Clock | None = None,
) -> Rendered:
    """Return the picture's subject as `options` ask for it.

    `mask` has the height and width of `picture.rgb`; the picture's own transparency is taken into
    account here. `background` is put behind, enlarged or shrunk to cover. Where the format or the
    channels allow no transparency, what is left of it becomes white. Raises NoForeground and
    FormatTooSmall. Timings: colours, encode.
    """
    clock = clock or Clock()
    with clock.measure("colours"):
        mask = _limited(mask, picture, options)
        subject = _box_of(_with_own(mask, picture.alpha))
        is_flat = options.is_flat or background is not None or _is_opaque(options.background)
        kind = _kind(options, is_flat)
        size = mask.shape[1], mask.shape[0]
        layout = plan(options, size, subject, is_png=kind == "png")
        if options.channels == "alpha":
            pixels = _alpha_of(picture, mask, layout)
            alpha = pixels
        else:
            cut_out = _cut_out(picture, mask, layout, options.despill)
            alpha = np.ascontiguousarray(cut_out[..., 3])
            pixels = _grounded(cut_out, options, background, kind)
    with clock.measure("encode"):
        profile = picture.icc_profile
        if kind == "zip":
            data = files.pack(_colours_of(pixels, picture, layout), _opacity(pixels), profile)
        else:
            data = files.encode(pixels, kind, profile)
    found = _box_of(alpha, is_needed=False)
    foreground = Foreground(
        *(int(side) for side in (found.top, found.left, found.width, found.height))
    )
    media_type = files.MEDIA_TYPES[kind]
    return Rendered(data, media_type, kind, layout.size, layout.largest, foreground)


def _kind(options: Options, is_flat: bool) -> str:
    """Return the format: the alpha alone has no use for a pair of files, nor for JPEG by default."""
    if options.channels == "alpha" and options.format in ("auto", "zip"):
        return "png"
    if options.format == "auto":
        return "jpg" if is_flat else "png"
    return options.format


def _limited(mask: Mask, picture: Picture, options: Options) -> Mask:
    """Apply what the options say of the matte itself."""
    if options.roi:
        mask = _only_in(mask, options.roi, picture)
    if not options.semitransparency:
        mask = np.where(mask >= 128, np.uint8(255), np.uint8(0))
    return mask


def _only_in(mask: Mask, roi: Region, picture: Picture) -> Mask:
    """Blank everything outside; pixels of the region are those of the original."""
    height, width = mask.shape
    info = picture.info
    x, y = width / info.width, height / info.height
    rows = slice(round(roi.top.of(info.height) * y), round(roi.bottom.of(info.height) * y))
    columns = slice(round(roi.left.of(info.width) * x), round(roi.right.of(info.width) * x))
    kept = np.zeros_like(mask)
    kept[rows, columns] = mask[rows, columns]
    return kept


def _with_own(mask: Mask, alpha: Alpha | None) -> Alpha:
    if alpha is None:
        return mask
    return cv2.multiply(mask, alpha, scale=1 / 255).astype(np.uint8, copy=False)


def _box_of(alpha: Alpha, *, is_needed: bool = True) -> Frame:
    """Return the box of what is not all but transparent; raises NoForeground."""
    left, top, width, height = cv2.boundingRect((alpha > _FAINTEST).astype(np.uint8))
    if is_needed and not width:
        raise NoForeground
    return Frame(left, top, width, height)


def _is_opaque(colour: tuple[int, int, int, int] | None) -> bool:
    return colour is not None and colour[3] == 255


def _cut_out(picture: Picture, mask: Mask, layout: Layout, despill: bool) -> RGBA:
    """Return the canvas with the cut-out on it, at the size of the result."""
    size = _target_size(layout)
    rgb, mask, own, source = _taken(picture, mask, layout)
    is_smaller = size[0] <= source[0] and size[1] <= source[1]
    if is_smaller:
        # Estimated at the size of the result: fewer pixels, and no finer than can be seen.
        rgb, mask = resize(rgb, size), resize(mask, size)
        own = None if own is None else resize(own, size)
    cut_out = cutouts.cut_out(np.ascontiguousarray(rgb), np.ascontiguousarray(mask), 0, own)
    if despill:
        _despill(cut_out)
    if not is_smaller:
        cut_out = _enlarged(cut_out, size)
    return _on_canvas(cut_out, layout)


def _alpha_of(picture: Picture, mask: Mask, layout: Layout) -> Alpha:
    _, mask, own, _ = _taken(picture, mask, layout)
    return _on_canvas(resize(_with_own(mask, own), _target_size(layout)), layout)


def _taken(picture: Picture, mask: Mask, layout: Layout) -> tuple[RGB, Mask, Alpha | None, Size]:
    """Cut the source out of the picture, transparent where it reaches beyond."""
    frame = layout.source
    left, top = round(frame.left), round(frame.top)
    right, bottom = round(frame.left + frame.width), round(frame.top + frame.height)
    height, width = mask.shape
    inside = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    beyond = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)

    def cut(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        part: NDArray[Any] = array[inside]
        if any(beyond):
            part = cv2.copyMakeBorder(part, *beyond, cv2.BORDER_CONSTANT, value=0)
        return part.astype(np.uint8, copy=False)

    own = None if picture.alpha is None else np.ascontiguousarray(cut(picture.alpha))
    taken = cut(picture.rgb)
    return taken, cut(mask), own, (taken.shape[1], taken.shape[0])


def _target_size(layout: Layout) -> Size:
    width, height = (max(1, round(side)) for side in (layout.target.width, layout.target.height))
    if layout.target.left == layout.target.top == 0:
        # Whatever fills the canvas fills all of it, however either is rounded.
        width = layout.size[0] if abs(width - layout.size[0]) <= 1 else width
        height = layout.size[1] if abs(height - layout.size[1]) <= 1 else height
    return width, height


def _on_canvas(pixels: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """Put the target where it belongs, cut where it reaches beyond, transparent elsewhere."""
    width, height = layout.size
    left, top = round(layout.target.left), round(layout.target.top)
    if (left, top) == (0, 0) and pixels.shape[:2] == (height, width):
        return pixels
    canvas = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
    shown = pixels[max(-top, 0) : max(height - top, 0), max(-left, 0) : max(width - left, 0)]
    place = slice(max(top, 0), max(top, 0) + shown.shape[0])
    canvas[place, max(left, 0) : max(left, 0) + shown.shape[1]] = shown
    return canvas


def _enlarged(rgba: RGBA, size: Size) -> RGBA:
    """Enlarge without drawing the black of transparent pixels into the edge."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    shares = np.dstack([rgba[..., :3] * alpha, alpha])
    larger = cv2.resize(shares, size, interpolation=cv2.INTER_LINEAR)
    opacity = np.maximum(larger[..., 3:], 1e-6)
    colours = np.clip(larger[..., :3] / opacity + 0.5, 0, 255)
    alpha_8 = larger[..., 3:] * 255 + 0.5
    result = np.dstack([colours, alpha_8]).astype(np.uint8)
    result[result[..., 3] == 0] = 0
    return result


def _despill(rgba: RGBA) -> None:
    """Take green that exceeds both other colours away, and its brightness back to all three."""
    red, green, blue = (rgba[..., channel].astype(np.int16) for channel in range(3))
    spill = np.maximum(green - np.maximum(red, blue), 0)
    lift = np.round(spill * _LUMA_OF_GREEN).astype(np.int16)
    for channel, plane in enumerate((red, green - spill, blue)):
        rgba[..., channel] = np.clip(plane + lift, 0, 255)


def _grounded(
    cut_out: RGBA, options: Options, background: RGB | None, kind: str
) -> NDArray[np.uint8]:
    """Put the ground behind; (H, W, 4) where something transparent may be left, else (H, W, 3)."""
    is_flat = options.is_flat
    if background is not None:
        size = cut_out.shape[1], cut_out.shape[0]
        return _zippable(files.over(cut_out, _covering(background, size, options)), kind)
    colour = options.background
    if colour is None or colour[3] == 0:
        return _zippable(files.flattened(cut_out, WHITE), kind) if is_flat else cut_out
    if colour[3] == 255:
        return _zippable(files.flattened(cut_out, colour[:3]), kind)
    tinted = _over_tint(cut_out, colour)
    return _zippable(files.flattened(tinted, WHITE), kind) if is_flat else tinted


def _zippable(rgb: RGB, kind: str) -> NDArray[np.uint8]:
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.uint8) if kind == "zip" else rgb


def _over_tint(rgba: RGBA, colour: tuple[int, int, int, int]) -> RGBA:
    """Porter and Duff's "over" a half transparent colour."""
    front = rgba[..., 3:].astype(np.float32) / 255
    back = (1 - front) * np.float32(colour[3] / 255)
    opacity = front + back
    mixed = rgba[..., :3] * front + np.array(colour[:3], np.float32) * back
    colours = mixed / np.maximum(opacity, 1e-6) + 0.5
    return np.dstack([np.clip(colours, 0, 255), opacity * 255 + 0.5]).astype(np.uint8)


def _covering(background: RGB, size: Size, options: Options) -> RGB:
    """Scale and cut a background so that it covers `size`, its centre in the middle."""
    height, width = background.shape[:2]
    if (width, height) != size:
        factor = max(size[0] / width, size[1] / height)
        larger = max(size[0], round(width * factor)), max(size[1], round(height * factor))
        background = resize(background, larger)
        left, top = (larger[0] - size[0]) // 2, (larger[1] - size[1]) // 2
        background = np.ascontiguousarray(background[top : top + size[1], left : left + size[0]])
    if options.background_blur > 0:
        sigma = options.background_blur / 100 * 0.03 * max(size)
        background = cv2.GaussianBlur(background, (0, 0), max(sigma, 0.3)).astype(np.uint8)
    return background


def _colours_of(pixels: NDArray[np.uint8], picture: Picture, layout: Layout) -> RGB:
    """Return the colours for a ZIP: the picture's own where nothing is to be seen of the subject.

    Black there would leave a dark rim in the JPEG.
    """
    empty = pixels[..., 3] == 0
    colours = np.ascontiguousarray(pixels[..., :3])
    if empty.any():
        whole = np.full(picture.rgb.shape[:2], 255, np.uint8)
        rgb, *_ = _taken(replace(picture, alpha=None), whole, layout)
        under = _on_canvas(resize(np.ascontiguousarray(rgb), _target_size(layout)), layout)
        np.copyto(colours, under, where=empty[..., np.newaxis])
    return colours


def _opacity(pixels: NDArray[np.uint8]) -> Alpha:
    return np.ascontiguousarray(pixels[..., 3])
