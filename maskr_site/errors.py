"""Answers for addresses that do not exist and for failures outside every view."""

import sys

import redis
from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.views import defaults

from services import storing
from services.errors import BadRequest, ResultAway, Unavailable


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """JSON for API clients; browsers get a page with a way on."""
    if _is_api(request):
        return JsonResponse({"detail": "Not found."}, status=404)
    try:
        return defaults.page_not_found(request, exception)
    except (SuspiciousOperation, DjangoBadRequest, MultiPartParserError) as error:
        # The page has forms of its own, and so the one that came is read.
        return bad_request(request, error)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read, or comes under a name that is not ours; Django's page has no words for it."""
    told = exception if isinstance(exception, BadRequest) else BadRequest()
    if _is_api(request):
        return JsonResponse({"detail": told.message}, status=400)
    return _page(request, told.message, 400, heading="This request cannot be understood")


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the failure is being handled: a part that is away is a 503, to be tried again."""
    failure = sys.exception()
    if isinstance(failure, ResultAway):
        return _unavailable(request, failure)
    # Redis counts the tries of forms, and remembers the codes that were used: nobody goes on without.
    if isinstance(failure, DatabaseError | redis.RedisError) or storing.is_trouble(failure):
        return _unavailable(request, Unavailable())
    if _is_api(request):
        message = "Something went wrong on our side. You were not charged."
        return JsonResponse({"detail": message}, status=500)
    return _page(request, "You were not charged. Please try again.", 500)


def _unavailable(request: HttpRequest, reason: Unavailable | ResultAway) -> HttpResponse:
    if _is_api(request):
        response: HttpResponse = JsonResponse({"detail": reason.message}, status=503)
    else:
        response = _page(request, reason.message, 503)
    response["Retry-After"] = str(reason.retry_after_s)
    return response


def _page(
    request: HttpRequest,
    message: str,
    status: int,
    heading: str = "Something went wrong on our side",
) -> HttpResponse:
    request_id = getattr(request, "request_id", "")
    told = {"heading": heading, "message": message, "request_id": request_id}
    return HttpResponse(render_to_string("500.html", told), status=status)


def _is_api(request: HttpRequest) -> bool:
    return "text/html" not in request.headers.get("Accept", "")
