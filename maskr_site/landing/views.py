"""The front page for people, one line of JSON for programs; the example's pictures; robots.txt."""

from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from inference.rendering.files import MEDIA_TYPES
from maskr_site.docs import facts
from maskr_site.health import alive
from maskr_site.landing import showcase


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    response = _page(request) if _is_browser(request) else alive(request)
    patch_vary_headers(response, ["Accept"])
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def picture(_request: HttpRequest, name: str) -> HttpResponse:
    data = showcase.read(name) if name in showcase.NAMES else None
    if data is None:
        raise Http404
    return HttpResponse(data, content_type=MEDIA_TYPES[name.rpartition(".")[2]])


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    context = {"base": facts.base_url(request)}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")


def _is_browser(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _page(request: HttpRequest) -> HttpResponse:
    context = {
        **facts.of(request),
        "nonce": uuid4(),
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "has_example": showcase.is_made(),
    }
    return render(request, "landing.html", context)
