"""Where the picture goes on the canvas of the result: numbers only, no pixels.

Everything is laid out in pixels of the upright original, however small the picture was decoded,
and brought to the size of the result at the end.
"""

import math
from dataclasses import dataclass, replace

from inference.arrays import Size
from inference.rendering.options import Length, Margins, Options

_MOST_MARGIN_SHARE, _MOST_MARGIN = 0.5, 500.0
_EXTREME_RATIO = 100.0
_LARGEST_PADDING = 8000
_LARGEST_CANVAS = 64_000_000
"""Pixels. What ratios, padding and widths make of a picture is shrunk to that; a picture that is
larger by itself is not."""
_ALMOST = 1e-6
"""Of a pixel: what floating point may have lost."""

Area = tuple[float, float]
"""(width, height), not necessarily whole."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in pixels, not necessarily whole ones, and not necessarily within a picture."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def scaled(self, across: float, down: float) -> "Frame":
        """Return the same rectangle on a canvas that many times as wide and high."""
        return Frame(self.left * across, self.top * down, self.width * across, self.height * down)

    def within(self, other: "Frame") -> "Frame":
        """Return the part that both have."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        width, height = min(self.right, other.right) - left, min(self.bottom, other.bottom) - top
        return Frame(left, top, width, height)


@dataclass(frozen=True, slots=True)
class Span:
    """Along one axis: `start:stop` of the decoded picture fills `first:last` of the canvas.

    Whole pixels, at least one of each. The place on the canvas may reach beyond it.
    """

    start: int
    stop: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What of the picture goes where on a canvas of `size`; `largest` is its size without caps."""

    columns: Span
    rows: Span
    size: Size
    largest: Size

    @property
    def taken(self) -> Size:
        """Width and height of what is cut out of the decoded picture."""
        return self.columns.stop - self.columns.start, self.rows.stop - self.rows.start

    @property
    def place(self) -> Size:
        """Width and height of what it becomes."""
        return self.columns.last - self.columns.first, self.rows.last - self.rows.first

    @property
    def fills_the_canvas(self) -> bool:
        across, down = self.columns, self.rows
        begins = across.first <= 0 and down.first <= 0
        return begins and across.last >= self.size[0] and down.last >= self.size[1]


def plan(
    options: Options, original: Size, decoded: Size, subject: Frame, *, is_png: bool
) -> Layout:
    """Lay out a picture of the `original` size, at hand in the `decoded` one.

    `subject` is the box of what was found, in pixels of the original.
    """
    frame = _cropped(options, original, subject)
    canvas = frame.width, frame.height
    source = frame.within(Frame(0, 0, *original))
    target = replace(source, left=source.left - frame.left, top=source.top - frame.top)
    if options.scale is not None or options.position is not None:
        source, target = subject, _placed(options, canvas, subject)
    if options.padding is not None and not (options.crop and options.crop_ratio):
        canvas, target = _padded(options.padding, canvas, target)
    if options.width or options.height:
        focus = _middle(subject, source, target)
        canvas, target = _fitted(options, canvas, target, focus)
    largest = _within(canvas, max(_LARGEST_CANVAS, original[0] * original[1]), None)
    size = _within(_floats(largest), _pixel_cap(options, is_png=is_png), options.max_side)
    target = target.scaled(size[0] / canvas[0], size[1] / canvas[1])
    source = source.scaled(decoded[0] / original[0], decoded[1] / original[1])
    columns = _span((source.left, source.right), (target.left, target.right), decoded[0], size[0])
    rows = _span((source.top, source.bottom), (target.top, target.bottom), decoded[1], size[1])
    return Layout(columns, rows, size, largest)


def _cropped(options: Options, original: Size, subject: Frame) -> Frame:
    """Return what becomes the canvas; with margins or a ratio it may reach beyond the picture."""
    whole = Frame(0, 0, *original)
    if not options.crop:
        return whole
    frame = subject
    if options.crop_margin:
        # In full also where the subject touches the border of the picture: remove.bg adds them.
        frame = _with_margins(options.crop_margin, subject)
    if not options.crop_ratio:
        return frame
    if options.padding is not None:  # afterwards it would be another ratio
        frame = _with_space(options.padding, frame)
    return _with_ratio(options.crop_ratio, frame)


def _with_margins(margins: Margins, subject: Frame) -> Frame:
    def limited(margin: Length, side: float) -> float:
        # remove.bg: at most half of the subject, and at most 500 pixels. Whole pixels stay sharp.
        return float(round(min(margin.of(side), side * _MOST_MARGIN_SHARE, _MOST_MARGIN)))

    top, bottom = (limited(side, subject.height) for side in (margins.top, margins.bottom))
    left, right = (limited(side, subject.width) for side in (margins.left, margins.right))
    return Frame(
        subject.left - left,
        subject.top - top,
        subject.width + left + right,
        subject.height + top + bottom,
    )


def _with_ratio(ratio: Area, frame: Frame) -> Frame:
    """Grow a frame to a ratio of width to height, its centre where it was."""
    wanted = min(max(ratio[0] / ratio[1], 1 / _EXTREME_RATIO), _EXTREME_RATIO)
    # Whole pixels: a canvas that had to be rounded later would be resampled for nothing.
    width = max(frame.width, round(frame.height * wanted))
    height = max(frame.height, round(frame.width / wanted))
    left = frame.left - (width - frame.width) // 2
    return Frame(left, frame.top - (height - frame.height) // 2, width, height)


def _placed(options: Options, canvas: Area, subject: Frame) -> Frame:
    """Return where on the canvas the subject goes."""
    factor = 1.0
    if options.scale is not None:
        factor = options.scale * min(canvas[0] / subject.width, canvas[1] / subject.height)
    width, height = subject.width * factor, subject.height * factor
    x, y = options.position or (50.0, 50.0)
    left, top = (canvas[0] - width) * x / 100, (canvas[1] - height) * y / 100
    return Frame(round(left), round(top), width, height)


def _with_space(padding: Length, frame: Frame) -> Frame:
    space = _space(padding, (frame.width, frame.height))
    width, height = frame.width + 2 * space, frame.height + 2 * space
    return Frame(frame.left - space, frame.top - space, width, height)


def _space(padding: Length, area: Area) -> int:
    return round(min(padding.of(max(area)), _LARGEST_PADDING))


def _padded(padding: Length, canvas: Area, target: Frame) -> tuple[Area, Frame]:
    space = _space(padding, canvas)
    moved = replace(target, left=target.left + space, top=target.top + space)
    return (canvas[0] + 2 * space, canvas[1] + 2 * space), moved


def _middle(subject: Frame, source: Frame, target: Frame) -> Area:
    """Return where on the canvas the middle of the subject is, if `source` becomes `target`."""
    across, down = target.width / source.width, target.height / source.height
    x, y = subject.left + subject.width / 2, subject.top + subject.height / 2
    return target.left + (x - source.left) * across, target.top + (y - source.top) * down


def _fitted(options: Options, canvas: Area, target: Frame, focus: Area) -> tuple[Area, Frame]:
    """Scale canvas and target into the size asked for; one side alone keeps the proportions.

    What is cut off to cover it is cut around `focus`.
    """
    across = options.width / canvas[0] if options.width else math.inf
    down = options.height / canvas[1] if options.height else math.inf
    is_free = math.inf in (across, down)
    factor = max(across, down) if options.fit == "cover" and not is_free else min(across, down)
    if options.fit == "scale-down":
        factor = min(factor, 1.0)
    target = target.scaled(factor, factor)
    if is_free:
        return (canvas[0] * factor, canvas[1] * factor), target
    wanted = canvas[0] * across, canvas[1] * down
    spaces = [wanted[axis] - canvas[axis] * factor for axis in (0, 1)]
    left, top = (
        max(space, min(0, side / 2 - middle * factor)) if space < 0 else space / 2
        for space, side, middle in zip(spaces, wanted, focus, strict=True)
    )
    return wanted, replace(target, left=target.left + left, top=target.top + top)


def _pixel_cap(options: Options, *, is_png: bool) -> int | None:
    caps = [options.max_pixels, options.png_max_pixels if is_png else None]
    return min((cap for cap in caps if cap), default=None)


def _within(canvas: Area, pixels: int | None, side: int | None) -> Size:
    """Shrink to whole pixels within the caps; proportions give way only where a side is 1 pixel."""
    factor = min(1.0, side / max(canvas)) if side else 1.0
    if pixels:
        factor = min(factor, math.sqrt(pixels / (canvas[0] * canvas[1])))
    # Rounded down, so that a cap is never exceeded; the nudge keeps 99.9999999 a hundred.
    width, height = (max(1, int(length * factor + _ALMOST)) for length in canvas)
    if pixels and width * height > pixels:
        width, height = min(width, max(1, pixels // height)), min(height, max(1, pixels // width))
    return width, height


def _floats(size: Size) -> Area:
    return float(size[0]), float(size[1])


def _span(source: Area, target: Area, available: int, canvas: int) -> Span:
    """Take no more of the source than shows: what "cover" cuts off could be a thousand times it."""
    zoom = (target[1] - target[0]) / (source[1] - source[0])
    seen = source[0] + max(0, -target[0]) / zoom, source[1] - max(0, target[1] - canvas) / zoom
    start = min(max(0, math.floor(seen[0] + _ALMOST)), available - 1)
    stop = max(min(available, math.ceil(seen[1] - _ALMOST)), start + 1)
    edges = (target[0] + (side - source[0]) * zoom for side in (start, stop))
    first, last = (math.floor(edge + 0.5) for edge in edges)
    first = min(first, canvas - 1)
    return Span(start, stop, first, max(last, first + 1, 1))
