"""What the OpenAPI document lists: API paths, each once."""

from typing import Any

Endpoint = tuple[str, str, str, Any]


def documented_paths(endpoints: list[Endpoint]) -> list[Endpoint]:
    """drf-spectacular hook: drops the twin of each path that ends in a slash."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]
