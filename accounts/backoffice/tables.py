"""What a row of the admin holds as JSON, told as a table."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


def facts(told: Mapping[str, Any]) -> SafeString | str:
    """What a row holds as JSON, as a table; what nobody set is left out."""
    return table(("name", "value"), _flat(told))


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> SafeString | str:
    listed = list(rows)
    return render_to_string("admin/_table.html", {"head": head, "rows": listed}) if listed else "-"


def _flat(told: Mapping[str, Any], of: str = "") -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        words = of + name.replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{words}: ")
        elif value not in (None, "", []):
            yield words, value if isinstance(value, str) else json.dumps(value)
