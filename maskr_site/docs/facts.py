"""What the pages say that settings, code or the operator decide: addresses, prices, limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.addresses import site_of
from accounts.authentication import FAILURES_PER_MINUTE
from accounts.ids_in_paths import OPENING
from accounts.models import ApiKey
from accounts.throttling import TEST_KEY_PER_MINUTE
from billing import prices
from billing.amounts import to_text
from maskr_site import offers
from services.dialects import backgrounderase, clipdrop, object_extraction, poof, prompts, removebg
from services.errors import ApiError
from services.sources import FETCHES_PER_MINUTE
from services.urls import urlpatterns


@dataclass(frozen=True)
class Endpoint:
    """An address of the API and how often a minute one key may ask it."""

    path: str
    per_minute: int


@dataclass(frozen=True)
class KnownError:
    status: int
    code: str
    message: str


def of(request: HttpRequest) -> dict[str, Any]:
    """The names that a page may use."""
    return {
        "base": base_url(request),
        "price": _prices(),
        "offers": offers.on_sale(),
        "rate": {_name(endpoint.path): endpoint.per_minute for endpoint in endpoints()},
        "endpoints": endpoints(),
        "errors": known_errors(),
        "scopes": ApiKey.Scope,
        "limit": _LIMITS,
        "quality": settings.QUALITY,
    }


def base_url(request: HttpRequest) -> str:
    """What the world calls this server, without a slash at the end."""
    return site_of(request)


def endpoints() -> list[Endpoint]:
    """Those that are counted, each once; the twins that end in a slash are left out."""
    found = []
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        view = getattr(pattern.callback, "cls", None)
        per_minute: int | None = getattr(view, "rate_per_minute", None)
        if per_minute is not None and not route.endswith("/"):
            path = route.replace(OPENING, "{").replace(">", "}")
            found.append(Endpoint(f"/{path}", per_minute))
    return found


def known_errors() -> list[KnownError]:
    """Every cause by status; those whose sentence depends on the request have one of ours.

    A code has a row for each of its sentences: one may say that nothing was charged, another not.
    """
    rows = {
        KnownError(cause.status, cause.code, _SENTENCES.get(cause.code, cause.message))
        for cause in _causes(ApiError)
    }
    return sorted(rows, key=lambda row: (row.status, row.code, row.message))


def _causes(cause: type[ApiError]) -> Iterator[type[ApiError]]:
    yield cause
    for narrower in cause.__subclasses__():
        yield from _causes(narrower)


def _name(path: str) -> str:
    """/v1/services/object-removal/batch -> object_removal_batch; /v1/me -> v1_me."""
    return re.sub(r"\W+", "_", path.removeprefix("/v1/services")).strip("_")


def _prices() -> dict[str, str]:
    """Credits a picture by service; `-` and `:` become `_`, as templates demand."""
    return {
        service.replace("-", "_").replace(":", "_"): to_text(hundredths)
        for service, hundredths in prices.price_list().items()
    }


def _megabytes(number: int) -> str:
    return f"{number / 2**20:g}"


_SENTENCES = {
    "invalid_field": "One field is wrong: see the list of types above.",
    "invalid_input": "A part of the picture's order is wrong: see the list of types above.",
    "invalid_option": "An option has a value it cannot have; the sentence says what is accepted.",
    "roi_exceeds_bounds": "The region reaches beyond the image.",
    "roi_region_empty": "The region is empty.",
    "invalid_source": "What came as base64 or as an address is none.",
    "image_fetch_failed": "No image could be fetched from this address.",
    "invalid_image_type": "The file is a picture of a type that is not accepted.",
    "too_many_pixels": f"The picture has more than {settings.MAX_PIXELS / 1e6:g} megapixels.",
    "not_acceptable": "The Accept header allows none of the formats there are.",
    "rate_limited": "Rate limit exceeded.",
    "no_tries_left": "The free tries of the studio are used up for today.",
    "file_too_large": "The file is larger than the limit of the endpoint.",
}
_LIMITS = {
    "upload_mb": _megabytes(settings.MAX_UPLOAD_BYTES),
    "v2_mb": _megabytes(backgrounderase.MAX_BYTES),
    "remove_mb": _megabytes(poof.MAX_BYTES),
    "removebg_mb": _megabytes(removebg.MAX_BYTES),
    "clipdrop_mb": _megabytes(clipdrop.MAX_BYTES),
    "megapixels": f"{settings.MAX_PIXELS / 1e6:g}",
    "batch_files": settings.MAX_BATCH_FILES,
    "points": prompts.MAX_POINTS,
    "feather": object_extraction.MAX_FEATHER,
    "test_side": settings.TEST_KEY_MAX_SIDE,
    "test_rate": TEST_KEY_PER_MINUTE,
    "failed_keys": FAILURES_PER_MINUTE,
    "fetches": FETCHES_PER_MINUTE,
    "sync_s": f"{settings.SYNC_TIMEOUT_S:g}",
    "batch_s": f"{settings.BATCH_TIMEOUT_S:g}",
    "retention_hours": settings.RETENTION_HOURS,
    "link_minutes": settings.URL_TTL_S // 60,
    "idempotency_hours": settings.IDEMPOTENCY_HOURS,
    "webhook_days": settings.WEBHOOK_DAYS,
}
