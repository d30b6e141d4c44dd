"""/status for people and /status.json for programs: how every part is now and was by day."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from maskr_site.status import checking, history
from maskr_site.status.history import History


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    found = _histories()
    context = {
        "parts": found,
        "troubled": [part for part in found if not part.is_ok],
        "checked_at": timezone.now(),
        "days": history.DAYS,
    }
    return render(request, "site/status.html", context)


@require_safe
@never_cache
def as_json(_request: HttpRequest) -> HttpResponse:
    """Also for pages of others, which is what such a file is for."""
    found = _histories()
    body = {
        "status": "ok" if all(part.is_ok for part in found) else "trouble",
        "checked_at": timezone.now().isoformat(timespec="seconds"),
        "parts": history.as_json(found),
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


def _histories() -> list[History]:
    now = checking.check_lately()
    if not now["database"]["ok"]:
        return history.of_parts(now, [])
    try:
        return history.of_parts(now, history.recorded())
    except DatabaseError:
        return history.of_parts(now, [])
