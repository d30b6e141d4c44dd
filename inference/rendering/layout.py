"""Where the picture goes on the canvas of the result: numbers only, no pixels."""

from dataclasses import dataclass, replace

from inference.arrays import Size
from inference.rendering.options import Length, Margins, Options

_MOST_MARGIN_SHARE, _MOST_MARGIN = 0.5, 500.0
_LARGEST_CANVAS = 8000


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in pixels, not necessarily whole ones, and not necessarily within a picture."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """`source` of the picture fills `target` of a canvas of `size`; `largest` is it without caps."""

    source: Frame
    target: Frame
    size: Size
    largest: Size


def plan(options: Options, size: Size, subject: Frame, *, is_png: bool) -> Layout:
    """Lay a picture of `size` with its `subject` out as `options` ask for."""
    source = _cropped(options, size, subject)
    canvas, target = (source.width, source.height), Frame(0, 0, source.width, source.height)
    if options.scale is not None or options.position is not None:
        source, target = _placed(options, canvas, source, subject)
    if options.padding is not None:
        canvas, target = _padded(options.padding, canvas, target)
    if options.width or options.height:
        canvas, target = _fitted(options, canvas, target)
    largest = _whole(canvas)
    shrink = _cap(options, canvas, is_png=is_png)
    canvas = canvas[0] * shrink, canvas[1] * shrink
    return Layout(source, _scaled(target, shrink), _whole(canvas), largest)


def _cropped(options: Options, size: Size, subject: Frame) -> Frame:
    if not options.crop:
        return Frame(0, 0, *size)
    frame = subject
    if options.crop_margin:
        frame = _with_margins(options.crop_margin, subject)
        # Margins stop at the border of the picture: there is nothing beyond it.
        left, top = max(0.0, frame.left), max(0.0, frame.top)
        right = min(float(size[0]), frame.left + frame.width)
        bottom = min(float(size[1]), frame.top + frame.height)
        frame = Frame(left, top, right - left, bottom - top)
    if options.crop_ratio:
        frame = _with_ratio(options.crop_ratio, frame)
    return frame


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


def _with_ratio(ratio: tuple[float, float], frame: Frame) -> Frame:
    """Grow a frame to a ratio of width to height, its centre where it was."""
    wanted = min(max(ratio[0] / ratio[1], 0.01), 100)
    width = max(frame.width, frame.height * wanted)
    height = width / wanted
    left = frame.left - (width - frame.width) / 2
    return Frame(round(left), round(frame.top - (height - frame.height) / 2), width, height)


def _placed(
    options: Options, canvas: tuple[float, float], source: Frame, subject: Frame
) -> tuple[Frame, Frame]:
    """Return the subject alone as the source, and where on the canvas it goes."""
    factor = 1.0
    if options.scale is not None:
        factor = options.scale * min(canvas[0] / subject.width, canvas[1] / subject.height)
    width, height = subject.width * factor, subject.height * factor
    x, y = options.position or (50.0, 50.0)
    left, top = (canvas[0] - width) * x / 100, (canvas[1] - height) * y / 100
    return subject, Frame(round(left), round(top), width, height)


def _padded(
    padding: Length, canvas: tuple[float, float], target: Frame
) -> tuple[tuple[float, float], Frame]:
    space = round(min(padding.of(max(canvas)), _LARGEST_CANVAS))
    moved = replace(target, left=target.left + space, top=target.top + space)
    return (canvas[0] + 2 * space, canvas[1] + 2 * space), moved


def _fitted(
    options: Options, canvas: tuple[float, float], target: Frame
) -> tuple[tuple[float, float], Frame]:
    """Scale canvas and target into the size asked for; one side alone keeps the proportions."""
    width, height = options.width, options.height
    across = width / canvas[0] if width else None
    down = height / canvas[1] if height else None
    if across is None or down is None:
        factor = across or down or 1.0
        if options.fit == "scale-down":
            factor = min(factor, 1.0)
        return (canvas[0] * factor, canvas[1] * factor), _scaled(target, factor)
    factor = max(across, down) if options.fit == "cover" else min(across, down)
    if options.fit == "scale-down":
        factor = min(factor, 1.0)
    wanted = canvas[0] * across, canvas[1] * down
    left, top = ((wanted[axis] - canvas[axis] * factor) / 2 for axis in (0, 1))
    target = _scaled(target, factor)
    return wanted, replace(target, left=target.left + left, top=target.top + top)


def _cap(options: Options, canvas: tuple[float, float], *, is_png: bool) -> float:
    """Return the factor, at most 1, that keeps the canvas within every cap."""
    caps = [options.max_pixels, options.png_max_pixels if is_png else None]
    factors = [float((cap / (canvas[0] * canvas[1])) ** 0.5) for cap in caps if cap]
    if options.max_side:
        factors.append(options.max_side / max(canvas))
    return min([1.0, *factors])


def _scaled(frame: Frame, factor: float) -> Frame:
    return Frame(*(side * factor for side in (frame.left, frame.top, frame.width, frame.height)))


def _whole(size: tuple[float, float]) -> Size:
    # Rounded down, so that a cap is never exceeded; the nudge keeps 99.9999 a hundred.
    width, height = (max(1, int(side + 1e-6)) for side in size)
    return width, height
