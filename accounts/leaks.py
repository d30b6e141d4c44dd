"""Keys found in public: a partner that scans for them tells us, and they end at once.

As GitHub's secret scanning partner programme sends it: a JSON list, signed by ECDSA with P-256 and
SHA-256 over the raw body, under a key that the partner publishes. Off while no partner's key is set.
"""

import json
import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import keys, metrics, notices
from accounts.backoffice import audit
from accounts.models import ApiKey
from accounts.partners import is_signed

logger = logging.getLogger(__name__)
MAX_BYTES = 1024 * 1024
MOST_AT_ONCE = 1000


class BadReport(Exception):
    """Not what a partner of ours signed, or nothing that can be read."""


@dataclass(frozen=True)
class Finding:
    """One token, where it was found, and what the partner calls its kind."""

    token: str
    kind: str
    url: str
    source: str


@csrf_exempt  # the signature says who calls
@require_POST
def leak_reports(request: HttpRequest) -> HttpResponse:
    if not settings.LEAK_PARTNER_KEYS:
        raise Http404
    try:
        findings = verified(request)
    except BadReport as error:
        logger.warning("refused a report of leaked keys: %s", error)
        return JsonResponse({"detail": "Bad signature or body."}, status=400)
    return JsonResponse([_answer(finding) for finding in findings], safe=False)


def verified(request: HttpRequest) -> list[Finding]:
    """What was found, if the partner's key that the request names signed exactly this body."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        raise BadReport("the body is too large")
    identifier = request.headers.get("Github-Public-Key-Identifier", "")
    signature = request.headers.get("Github-Public-Key-Signature", "")
    pem = settings.LEAK_PARTNER_KEYS.get(identifier)
    if pem is None or not is_signed(request.body, signature, pem):
        raise BadReport("no key of a partner made this signature")
    return _findings(request.body)


def _findings(body: bytes) -> list[Finding]:
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReport("the body is not JSON") from error
    if not isinstance(rows, list) or len(rows) > MOST_AT_ONCE:
        raise BadReport("the body is not a list of findings")
    return [_finding(row) for row in rows]


def _finding(row: Any) -> Finding:
    if not isinstance(row, dict):
        raise BadReport("a finding is not an object")
    values = [row.get(name) or "" for name in ("token", "type", "url", "source")]
    if not all(isinstance(value, str) for value in values) or not values[0]:
        raise BadReport("a finding without a token")
    token, kind, url, source = values
    return Finding(token, kind, _kept(url), _kept(source))


def _kept(text: str) -> str:
    """As history and mail can hold it: paths in public places are whatever strangers called them."""
    whole = text.encode(errors="replace").decode()
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _answer(finding: Finding) -> dict[str, str]:
    is_ours = _end(finding)
    label = "true_positive" if is_ours else "false_positive"
    metrics.LEAKS.labels(label).inc()
    return {"token_raw": finding.token, "token_type": finding.kind, "label": label}


def _end(finding: Finding) -> bool:
    """Revokes the key and tells its owner, once however often it is found. False: none of ours."""
    key = keys.known(finding.token)
    if key is None:
        return False
    if _revoke(key, finding):
        logger.warning("key %s was found in public and is revoked", key.fingerprint)
        notices.key_leaked(key, finding.url)
    return True


@transaction.atomic
def _revoke(key: ApiKey, finding: Finding) -> bool:
    """True for the first finding of a key; the line about it is there if the end is."""
    if not keys.revoke(key):
        return False
    where = f"{finding.url or 'an unnamed place'} ({finding.source or 'unknown source'})"
    # A line needs an account, and the partner has none.
    audit.note(key.user, key, f"A scanning partner found this key at {where[:500]}. Revoked.")
    return True
