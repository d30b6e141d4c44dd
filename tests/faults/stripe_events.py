"""Stripe's events brought to the endpoint over HTTP, as Stripe signs them or otherwise."""

import json
from typing import Any, Self

import httpx

from tests.billing import told

Event = dict[str, Any]


class Stripe:
    """Any number of threads may deliver at once."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(limits=limits, verify=False, trust_env=False)  # noqa: S501 - loopback, no TLS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def deliver(
        self, url: str, event: Event, *, header: str | None = None, body: bytes | None = None
    ) -> int:
        """The status answered, 0 when the line was cut; `header` and `body` replace what is right."""
        right = json.dumps(event).encode()
        headers = {
            "Stripe-Signature": told.signature(right) if header is None else header,
            "Content-Type": "application/json",
        }
        sent = right if body is None else body
        try:
            answer = self._client.post(url + told.PATH, content=sent, headers=headers, timeout=60)
        except httpx.TransportError:
            return 0
        return answer.status_code
