"""Secrets of endpoints, and the signature over what is posted to them.

A secret is derived from a key of the server's, the endpoint's id and a version, so nothing that could
sign is stored: a stolen database or backup forges nothing, and nobody can be shown a secret twice
but by rolling it. An encrypted secret would need the same key of the server's and a column besides.
Of several keys (while that one is being changed) the first makes new secrets and all of them sign.
"""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode

from django.conf import settings
from django.utils import timezone

from services.outgoing.models import WebhookEndpoint

PREFIX = "whsec_"


def secret_of(endpoint: WebhookEndpoint) -> str:
    """The newest secret; only for the answer to the request that made it."""
    return _derived(settings.WEBHOOK_KEYS[0], endpoint, endpoint.secret_version)


def signature(endpoint: WebhookEndpoint, body: bytes, at: int | None = None) -> str:
    """The value of `Maskr-Signature`: one v1 for each secret that is good now."""
    moment = str(int(time.time()) if at is None else at)
    signed = [_sign(secret, moment, body) for secret in _good_secrets(endpoint)]
    return ",".join([f"t={moment}", *(f"v1={value}" for value in signed)])


def _good_secrets(endpoint: WebhookEndpoint) -> list[str]:
    versions = [endpoint.secret_version]
    until = endpoint.previous_secret_until
    if until is not None and until > timezone.now():
        versions.append(endpoint.secret_version - 1)
    return [_derived(key, endpoint, number) for number in versions for key in settings.WEBHOOK_KEYS]


def _derived(key: str, endpoint: WebhookEndpoint, version: int) -> str:
    message = f"maskr.webhooks.v1:{endpoint.pk}:{version}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return PREFIX + urlsafe_b64encode(digest).decode().rstrip("=")


def _sign(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
