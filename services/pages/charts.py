"""Geometry of the overview's charts: plain numbers, drawn by a template as SVG.

A chart is a hundred units high and twenty wide for each day; it is stretched to its place, so that
words and numbers stand beside it in HTML. A table tells the same.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.pages import words
from services.pages.figures import Day

_SLOT, _GAP, _HEIGHT = 20, 4, 100
#: Nothing that happened is drawn as nothing.
_LEAST = 1.5


@dataclass(frozen=True)
class Bar:
    """A rectangle, in text as SVG has it; `kind` is the class that colours it."""

    x: str
    y: str
    height: str
    kind: str
    title: str
    width: str = str(_SLOT - _GAP)


@dataclass(frozen=True)
class Line:
    """Points of each run of days that have a value, as SVG writes them; single days as dots."""

    kind: str
    runs: list[str]
    dots: list[tuple[float, float]]


@dataclass(frozen=True)
class Row:
    """A day of the table."""

    day: date
    cells: list[str]


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    #: The value at the upper edge, as people read it.
    top: str
    columns: list[str]
    rows: list[Row]
    width: int
    bars: list[Bar] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    #: Class and words of each colour.
    legend: list[tuple[str, str]] = field(default_factory=list)


def images(days: Sequence[Day], services: Sequence[str]) -> Chart:
    top = nice(max(day.completed for day in days))
    bars: list[Bar] = []
    for index, day in enumerate(days):
        bars.extend(_stack(index, day, services, top))
    rows = [Row(day.day, [words.number(day.images[name]) for name in services]) for day in days]
    names = [words.service(name) for name in services]
    legend = [(f"series-{number}", name) for number, name in enumerate(names)]
    return Chart(
        "images", "Images a day", words.number(top), names, rows, _width(days), bars, [], legend
    )


def failures(days: Sequence[Day]) -> Chart:
    top = nice(max(day.failed for day in days))
    bars = [
        _bar(index, day.failed, top, "failed", f"{_named(day)}: {day.failed} failed")
        for index, day in enumerate(days)
        if day.failed
    ]
    rows = [Row(day.day, [words.number(day.failed)]) for day in days]
    return Chart(
        "failures", "Failed a day", words.number(top), ["Failed"], rows, _width(days), bars
    )


def durations(days: Sequence[Day]) -> Chart:
    series = {"median": [day.median_ms for day in days], "slow": [day.slow_ms for day in days]}
    top = nice(max((ms for ms in series["slow"] if ms), default=0))
    rows = [Row(day.day, [_duration(day.median_ms), _duration(day.slow_ms)]) for day in days]
    legend = [("median", "half of the images"), ("slow", "95 of 100 images")]
    lines = [_line(kind, values, top) for kind, values in series.items()]
    return Chart(
        "durations",
        "Time from request to result",
        words.duration(top),
        [f"{name}, within" for _, name in legend],
        rows,
        _width(days),
        [],
        lines,
        legend,
    )


def nice(most: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50, … that is not below: nice(37) is 50."""
    if most <= 1:
        return 1
    power = 10 ** math.floor(math.log10(most))
    return int(next(step * power for step in (1, 2, 5, 10) if step * power >= most))


def _stack(index: int, day: Day, services: Sequence[str], top: int) -> Iterator[Bar]:
    base = 0
    for number, name in enumerate(services):
        if count := day.images[name]:
            title = f"{_named(day)}: {words.number(count)} {words.service(name)}"
            yield _bar(index, count, top, f"series-{number}", title, base)
            base += count


def _bar(index: int, count: int, top: int, kind: str, title: str, base: int = 0) -> Bar:
    """Standing on what `base` jobs take."""
    height = max(_LEAST, count / top * _HEIGHT)
    y = max(0.0, _HEIGHT - base / top * _HEIGHT - height)
    return Bar(str(index * _SLOT + _GAP // 2), f"{y:.4g}", f"{height:.4g}", kind, title)


def _line(kind: str, values: Sequence[float | None], top: int) -> Line:
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            y = round(_HEIGHT - value / top * _HEIGHT, 2)
            runs[-1].append((index * _SLOT + _SLOT / 2, y))
    joined = [" ".join(f"{x:g},{y:g}" for x, y in run) for run in runs if len(run) > 1]
    return Line(kind, joined, [run[0] for run in runs if len(run) == 1])


def _width(days: Sequence[Day]) -> int:
    return len(days) * _SLOT


def _named(day: Day) -> str:
    return f"{day.day:%-d %B}"


def _duration(ms: float | None) -> str:
    return "–" if ms is None else words.duration(ms)
