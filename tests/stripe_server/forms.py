"""Stripe's form encoding: `items[0][price]=x` and `metadata[k]=v` become lists and dicts."""

import re
from typing import Any
from urllib.parse import parse_qsl

_BRACKETED = re.compile(r"\[([^\]]*)\]")
# Their keys are the caller's own and may be numbers; they never are lists.
_TABLES = ("metadata", "payload")


def decode(text: str) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, bracket, _ = name.partition("[")
        path = [head, *(_BRACKETED.findall(name) if bracket else [])]
        _put(root, path, value)
    return {name: _with_lists(name, value) for name, value in root.items()}


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        inner = into.get(key)
        if not isinstance(inner, dict):
            inner = into[key] = {}
        into = inner
    last = path[-1]
    into[last if last else str(len(into))] = value  # `expand[]=a` appends


def _with_lists(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if name in _TABLES:
        return value
    if value and all(key.isdigit() for key in value):
        return [_with_lists("", value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(key, inner) for key, inner in value.items()}
