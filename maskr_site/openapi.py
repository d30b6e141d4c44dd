"""What the OpenAPI document lists: API paths, each once; and what programs made from it need beside."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

Endpoint = tuple[str, str, str, Any]
Document = dict[str, Any]


def documented_paths(endpoints: list[Endpoint]) -> list[Endpoint]:
    """drf-spectacular hook: drops the twin of each path that ends in a slash."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


def with_its_server(result: Document, request: Any, **_others: Any) -> Document:
    """drf-spectacular hook: a document that was saved has no address of its own to begin with.

    Where the page was asked for by another name, its trials go there: the browser would not send them
    to this one. That is what a document without a server means.
    """
    public = settings.PUBLIC_URL
    if public and (request is None or request.get_host() == urlsplit(public).netloc):
        result["servers"] = [{"url": public}]
    return result


def with_summaries(result: Document, **_others: Any) -> Document:
    """drf-spectacular hook: lists of operations, as programs make them, show only these."""
    for operations in result["paths"].values():
        for operation in operations.values():
            first = operation.get("description", "").partition("\n")[0]
            operation.setdefault("summary", first.removesuffix("."))
    return result
