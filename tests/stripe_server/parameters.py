"""Typed reading of a call's parameters; what does not fit is refused as Stripe refuses it."""

from collections.abc import Iterable
from typing import Any

from tests.stripe_server.errors import ParameterMissing, Refused


class Parameters:
    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self.values = values
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def name_of(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name

    def text(self, name: str, default: str | None = None) -> str | None:
        """An empty value unsets, which is why it reads as None."""
        value = self.values.get(name, default)
        if isinstance(value, dict | list):
            raise Refused(
                f"Invalid string: {value}",
                code="parameter_invalid_string",
                param=self.name_of(name),
            )
        return value or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise ParameterMissing(self.name_of(name))
        return value

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError:
            raise Refused(
                f"Invalid integer: {value}",
                code="parameter_invalid_integer",
                param=self.name_of(name),
            ) from None

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        value = self.text(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise Refused(f"Invalid boolean: {value}", param=self.name_of(name))
        return value == "true"

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        value = self.text(name) or default
        if value not in (options := list(allowed)):
            raise Refused(
                f"Invalid {name}: must be one of {', '.join(options)}", param=self.name_of(name)
            )
        return value

    def group(self, name: str) -> "Parameters":
        value = self.values.get(name)
        return Parameters(value if isinstance(value, dict) else {}, self.name_of(name))

    def groups(self, name: str) -> list["Parameters"]:
        value = self.values.get(name)
        found = value if isinstance(value, list) else []
        return [
            Parameters(item, f"{self.name_of(name)}[{index}]")
            for index, item in enumerate(found)
            if isinstance(item, dict)
        ]

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name)
        return [str(item) for item in value] if isinstance(value, list) else []

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Merged into what was there; an empty value removes its key, an empty table all."""
        given = self.values.get("metadata")
        if given == "":
            return {}
        merged = {**(before or {}), **(given if isinstance(given, dict) else {})}
        return {name: value for name, value in merged.items() if value != ""}
