"""Services, durations, moments and options as people read them."""

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from inference.arrays import Box, Prompts
from inference.rendering import Length, Margins, Region
from services import operations

SERVICES = {
    "background-removal": "Background removal",
    "image-segmentation": "Image segmentation",
    "object-extraction": "Object extraction",
    "object-removal": "Object removal",
}
STAGES = {
    "queue": "waiting in the queue",
    "decode": "decoding",
    "prepare": "preparing",
    "network": "network",
    "detail": "fine details",
    "edges": "edges",
    "colours": "colours of the edge",
    "encode": "encoding",
}
_THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
_SPANS = ((60, "s", 1), (3600, "min", 60), (86_400, "h", 3600))


def service(name: str) -> str:
    return SERVICES.get(name, name)


def stage(name: str) -> str:
    return STAGES.get(name, name.replace("_", " "))


def number(count: int) -> str:
    return f"{count:,}".replace(",", _THIN_SPACE)


def duration(ms: float) -> str:
    """0.4 -> "0.4 ms", 813.6 -> "814 ms", 2400 -> "2.4 s", 95000 -> "95 s"."""
    if ms < 10:
        return f"{ms:.1f} ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.1f} s" if ms < 10_000 else f"{ms / 1000:.0f} s"


def ago(moment: datetime) -> str:
    """In the largest unit that fits: "just now", "5 min ago", "3 h ago", "12 d ago"."""
    seconds = int((timezone.now() - moment).total_seconds())
    if seconds < 5:
        return "just now"
    for limit, unit, size in _SPANS:
        if seconds < limit:
            return f"{seconds // size} {unit} ago"
    return f"{seconds // 86_400} d ago"


def options(operation: dict[str, Any]) -> list[tuple[str, str]]:
    """What was asked for, beyond what is so by itself; nothing where this version cannot read it."""
    try:
        return list(_options(operations.from_json(operation)))
    except operations.NotUnderstood:
        return []


def _options(values: Any) -> Iterator[tuple[str, str]]:
    for field in fields(values):
        value = getattr(values, field.name)
        if field.name == "quality" and value is not None:
            yield "quality", value
        elif field.name == "options":
            yield from _options(value)
        elif value is not None and (field.default is MISSING or value != field.default):
            yield field.name.replace("_", " "), _text(value)


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Prompts():
            return "; ".join(_pointed_at(value))
        case Length():
            return f"{value.value:g} {value.unit}"
        case Margins() | Region():
            return ", ".join(_text(getattr(value, field.name)) for field in fields(value))
        case tuple():
            return ", ".join(_text(part) for part in value)
        case float():
            return f"{value:g}"
    return str(value) if not is_dataclass(value) else repr(value)


def _pointed_at(prompts: Prompts) -> Iterator[str]:
    for point in prompts.points:
        sign = "wanted" if point.is_foreground else "not wanted"
        yield f"({point.x:g}, {point.y:g}) {sign}"
    if isinstance(prompts.box, Box):
        box = prompts.box
        yield f"box from ({box.left:g}, {box.top:g}) to ({box.right:g}, {box.bottom:g})"
