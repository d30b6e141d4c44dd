"""Texts of the vendors' options -> values: booleans, colours, lengths, margins, sizes.

Every parser raises ValueError with a sentence that says what is accepted; whose field it was, and
how its vendor calls the error, is for the dialect to add.
"""

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from PIL import ImageColor

from inference.rendering import Length, Margins, Region

T = TypeVar("T")
Colour = tuple[int, int, int, int]

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", ""})
_BARE_HEX = re.compile(r"[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_BETWEEN = re.compile(r"[\s,/]+")
_SHARE = re.compile(r"([0-9]*\.?[0-9]+)(%?)")
_OPAQUE = 255
_TRANSPARENT = (0, 0, 0, 0)
# Exponents and signs are left out: no client sends them, and "1e9px" would be an odd length.
_LENGTH = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(px|%)?")
_LONGEST = 200


def boolean(text: str) -> bool:
    """true, 1, yes, on or false, 0, no, off, in any case; nothing counts as false."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("expected true or false")


def one_of(values: Mapping[str, T]) -> Callable[[str], T]:
    """A parser of the given words, in any case."""

    def parse(text: str) -> T:
        try:
            return values[text.strip().lower()]
        except KeyError:
            raise ValueError(f"expected one of: {', '.join(filter(None, values))}") from None

    return parse


def words(*allowed: str) -> Callable[[str], str]:
    """A parser of the given words, in any case, that answers with the word."""
    return one_of({word: word for word in allowed})


def colour(text: str) -> Colour | None:
    """A CSS colour, or 3, 4, 6 or 8 hexadecimal digits with or without #; None for nothing.

    Returns red, green, blue, alpha, 0..255 each: what is said beyond counts as the end, as in CSS.
    """
    name = text.strip()[:_LONGEST].lower()
    if not name:
        return None
    if name == "transparent":
        return _TRANSPARENT
    if _BARE_HEX.fullmatch(name):
        name = f"#{name}"
    try:
        name, alpha = _without_alpha(name)
        found = cast("tuple[int, ...]", ImageColor.getcolor(name, "RGBA"))
    except ValueError:
        message = "expected a colour such as #81d4fa, 81d4fa80, rgb(255, 0, 0) or white"
        raise ValueError(message) from None
    red, green, blue, own = (min(max(part, 0), 255) for part in found)
    return red, green, blue, own if alpha is None else alpha


def _without_alpha(name: str) -> tuple[str, int | None]:
    """Take the fourth part off rgb(...) or hsl(...), 0 to 1 or a percentage; parts by , or space.

    Pillow knows no hsla, no spaces, and alphas of 0 to 255 alone, by which 1 is next to nothing.
    """
    found = _FUNCTION.fullmatch(name)
    if not found:
        return name, None
    first, *others = _BETWEEN.split(found[2].strip())
    plain = f"{found[1]}({', '.join([first.removesuffix('deg'), *others[:2]])})"
    if len(others) < 3:
        return plain, None
    share = _SHARE.fullmatch(others[2])
    if len(others) > 3 or not share:
        raise ValueError(name)
    most = 100 if share[2] else 1
    return plain, round(min(float(share[1]) / most, 1) * _OPAQUE)


def length(text: str) -> Length:
    """A number of pixels or, with %, a share: `30`, `30px`, `10%`."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if not found:
        raise ValueError("expected a number of pixels or a percentage, such as 30px or 10%")
    value = Length(float(found[1]), "%" if found[2] == "%" else "px")
    if value.unit == "%" and value.value > 100:
        raise ValueError("expected at most 100%")
    return value


def margins(text: str) -> Margins:
    """1, 2 (vertical, horizontal) or 4 (top, right, bottom, left) lengths."""
    sides = [length(part) for part in text.split()]
    if len(sides) == 1:
        return Margins(*sides * 4)
    if len(sides) == 2:
        return Margins(*sides * 2)
    if len(sides) == 4:
        return Margins(*sides)
    raise ValueError("expected one, two or four lengths, such as 30px or 10% 5%")


def region(text: str) -> Region:
    """`x1 y1 x2 y2`, each a length, with x1 < x2 and y1 < y2 where they have the same unit."""
    sides = [length(part) for part in text.split()]
    if len(sides) != 4:
        raise ValueError("expected four lengths x1 y1 x2 y2, such as 0% 0% 100% 100%")
    return Region(*sides)


def region_or_all(text: str) -> Region | None:
    """A region; nothing, or the bare 0 that some client sends, stands for the whole picture."""
    return None if text.strip() in ("", "0") else region(text)


def scale(text: str) -> float | None:
    """`original` (None), or 10% to 100% as 0.1 to 1.0."""
    word = text.strip().lower()
    if word in ("", "original"):
        return None
    with contextlib.suppress(ValueError):
        share = length(word)
        if share.unit == "%" and share.value >= 10:
            return share.value / 100
    raise ValueError("expected original or a percentage from 10% to 100%")


def position(text: str) -> tuple[float, float] | None:
    """`original` (None), `center`, or one or two percentages from the left and from the top."""
    word = text.strip().lower()
    if word in ("", "original"):
        return None
    if word in ("center", "centre"):
        return 50.0, 50.0
    with contextlib.suppress(ValueError):
        shares = [length(part) for part in word.split()]
        if len(shares) <= 2 and all(share.unit == "%" for share in shares):
            return shares[0].value, shares[-1].value
    raise ValueError("expected original, center, or one or two percentages such as 25% 75%")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        number = text.strip()
        if not re.fullmatch(r"-?[0-9]{1,9}", number) or not low <= int(number) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(number)

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of numbers from `low` to `high`."""

    def parse(text: str) -> float:
        found = re.fullmatch(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?", text.strip())
        value = float(found[0]) if found else math.nan
        if not low <= value <= high:
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return value

    return parse
