"""Answers for addresses that do not exist and for failures outside every view."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """JSON for API clients; browsers get a page with a way on."""
    if _is_api(request):
        return JsonResponse({"detail": "Not found."}, status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        message = "Something went wrong on our side. You were not charged."
        return JsonResponse({"detail": message}, status=500)
    return defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return "text/html" not in request.headers.get("Accept", "")
