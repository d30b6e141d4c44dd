"""points, labels and box of a v1 request: JSON in the query (founding documents 001 and 002)."""

import json
import math
from typing import Any, NoReturn

from rest_framework.request import Request

from inference.arrays import Box, Point, Prompts
from services.dialects import fields
from services.errors import BadField

_SAMPLES = {"points": "[[100,200],[300,400]]", "labels": "[1,0]", "box": "[10,20,300,400]"}
NAMES = tuple(_SAMPLES)
MAX_POINTS = 64
#: Else the network makes something up, beside what is not wanted, and the customer pays for it.
_NOTHING_WANTED = "Label 0 says what is not wanted: give at least one point with label 1, or a box."
# Room for MAX_POINTS numbers as long as a float can be; what is longer is not worth parsing.
_MAX_CHARACTERS = 8192


def are_given(request: Request) -> bool:
    return any(fields.text(request, name) for name in NAMES)


def read(request: Request) -> Prompts:
    """The clicks and the box; whether they lie in the picture is checked later.

    Raises BadField for what is malformed, and when neither a box nor a point says what is wanted.
    """
    points = _points(request)
    labels = _labels(request, len(points))
    box = _box(request)
    if not points and box is None:
        raise BadField(("query", "points"), "Give at least one point, or a box.", "missing")
    if box is None and 1 not in labels:
        loc, _ = _json(request, "labels")
        raise BadField(loc, _NOTHING_WANTED, "choice")
    clicks = (Point(x, y, label == 1) for (x, y), label in zip(points, labels, strict=True))
    return Prompts(tuple(clicks), box)


def _points(request: Request) -> list[list[float]]:
    """Pairs of finite numbers, at most MAX_POINTS; none if the field is missing."""
    loc, value = _json(request, "points")
    if value is None:
        return []
    message = "points must be a JSON array of [x,y] pairs of numbers, such as [[100,200],[300,400]]"
    if not isinstance(value, list):
        raise BadField(loc, f"{message}.", "json")
    if len(value) > MAX_POINTS:
        raise BadField(loc, f"At most {MAX_POINTS} points are accepted.", "number")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise BadField(loc, f"{message}.", "json")
    if not all(_is_number(number) for pair in value for number in pair):
        raise BadField(loc, f"{message}.", "number")
    return value


def _labels(request: Request, count: int) -> list[int]:
    """1 (foreground) or 0 (background) for each point; 1 each if the field is missing."""
    loc, value = _json(request, "labels")
    if value is None:
        return [1] * count
    if not isinstance(value, list):
        raise BadField(loc, "labels must be a JSON array of 1 and 0, such as [1,0].", "json")
    if len(value) != count:
        message = f"There must be a label for each point; labels: {len(value)}, points: {count}."
        raise BadField(loc, message, "number")
    if not all(type(label) is int and label in (0, 1) for label in value):
        raise BadField(loc, "Each label is 1 (foreground) or 0 (background).", "choice")
    return value


def _box(request: Request) -> Box | None:
    loc, value = _json(request, "box")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        message = "box must be a JSON array [x1,y1,x2,y2], such as [10,20,300,400]."
        raise BadField(loc, message, "json")
    if not all(_is_number(number) for number in value):
        raise BadField(loc, "box must consist of four numbers.", "number")
    left, top, right, bottom = (float(number) for number in value)
    if not (left < right and top < bottom):
        raise BadField(loc, "box must be [x1,y1,x2,y2] with x1 < x2 and y1 < y2.", "number")
    return Box(left, top, right, bottom)


def _json(request: Request, name: str) -> tuple[tuple[str, str], Any]:
    """Where the field was and its value; None for a missing field, never for one that is there."""
    found = fields.text(request, name)
    if found is None:
        return ("query", name), None
    place, text = found
    loc = (place, name)
    if len(text) > _MAX_CHARACTERS:
        raise BadField(
            loc, f"{name} is too long; at most {MAX_POINTS} points are accepted.", "json"
        )
    try:
        value = json.loads(text, parse_constant=_no_constant)
    # ValueError also for whole numbers of thousands of digits.
    except (ValueError, RecursionError):
        message = f"{name} is not valid JSON; it looks like {_SAMPLES[name]}."
        raise BadField(loc, message, "json") from None
    if value is None:
        raise BadField(loc, f"{name} must be a JSON array.", "json")
    return loc, value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_number(value: Any) -> bool:
    """A finite number that a float can hold; true and false are none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return -(2**53) <= value <= 2**53
    return isinstance(value, float) and math.isfinite(value)
