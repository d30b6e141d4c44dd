"""/health says that the process lives, /health/ready that it can do its work, part by part."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from maskr_site.status import checking


@require_safe
@never_cache
def alive(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when every part is ok, else 503; the body names each part either way."""
    parts = checking.check_all()
    is_ready = all(part["ok"] for part in parts.values())
    body = {"status": "ok" if is_ready else "unavailable", "parts": parts}
    return JsonResponse(body, status=200 if is_ready else 503)
