"""The studio's page, its plain form, its sample pictures and the balance it shows."""

import math
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.exceptions import Throttled

from accounts.addresses import site_of
from accounts.models import User
from billing import credits, plans, prices
from billing.amounts import to_grouped_text, to_number
from services import files, waiting
from services.errors import ApiError
from services.studio import plain, samples, visitors

_SERVICES = ("background-removal", "image-segmentation", "object-extraction", "object-removal")
_COLOURS = (
    ("#ffffff", "White"),
    ("#1b1b26", "Black"),
    ("#f4c7ab", "Apricot"),
    ("#a9d6c4", "Mint"),
    ("#5546d6", "Violet"),
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def studio(request: HttpRequest) -> HttpResponse:
    """Exempt only until the limits are set: looking for the token in the form reads the upload."""
    if request.method != "POST":
        return _page(request)
    try:
        plain.limit_upload(request)
        return _result(request)
    except Throttled as error:
        text = "Too many requests. Wait a minute. Nothing was charged."
        response = _page(request, error=text, status=429)
        response["Retry-After"] = str(math.ceil(getattr(error, "wait", None) or 60))
        return response
    except ApiError as error:
        response = _page(request, error=error.message, status=error.status)
        if error.retry_after_s is not None:
            response["Retry-After"] = str(error.retry_after_s)
        return response
    finally:
        waiting.leave()


@require_safe
@never_cache
def balance(request: HttpRequest) -> JsonResponse:
    """What the page shows after a run."""
    if isinstance(request.user, User):
        return JsonResponse(_means(request.user))
    return JsonResponse({"tries": visitors.tries_left(request)})


@require_safe
@cache_control(public=True, max_age=86_400)
def sample(_request: HttpRequest, name: str) -> HttpResponse:
    if name not in samples.NAMES:
        raise Http404
    return HttpResponse(samples.jpeg(name), content_type="image/jpeg")


@csrf_protect
def _result(request: HttpRequest) -> HttpResponse:
    job = plain.remove_background(request)
    context = {
        "job": job,
        "link": files.signed_path(job),
        "charged": to_number(job.charged),
        "max_side": settings.TEST_KEY_MAX_SIDE,
    }
    return render(request, "services/studio_result.html", context)


def _page(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "error": error,
        "nonce": uuid4(),
        "lacks_credits": status == HTTPStatus.PAYMENT_REQUIRED,
        "samples": samples.NAMES,
        "colours": _COLOURS,
        "facts": _facts(request),
    }
    return render(request, "services/studio.html", context, status=status)


def _means(user: User) -> dict[str, Any]:
    """By what the next picture is paid: credits, or the invoice of the plan that is named."""
    plan = plans.metered_plan(user)
    left = to_number(credits.balance(user))
    return {"credits": left, "invoicedBy": plan.name if plan else ""}


def _facts(request: HttpRequest) -> dict[str, Any]:
    """What the scripts need to know: prices and limits, and who is there."""
    facts: dict[str, Any] = {
        "prices": {name: to_number(prices.price_of(name)) for name in _SERVICES},
        "maxBytes": settings.MAX_UPLOAD_BYTES,
        "maxPixels": settings.MAX_PIXELS,
        "origin": site_of(request),
    }
    if isinstance(request.user, User):
        usable = [key for key in request.user.api_keys.all() if key.is_usable]
        facts |= _means(request.user)
        facts["standing"] = to_grouped_text(credits.balance(request.user))
        facts["key"] = f"{usable[0].prefix}…" if usable else "YOUR-KEY"
        facts["billing"] = reverse("billing:overview")
        facts["signIn"] = f"{reverse('account_login')}?next={reverse('studio')}"
    else:
        facts["tries"] = visitors.tries_left(request)
        facts["maxSide"] = settings.TEST_KEY_MAX_SIDE
        facts["key"] = "YOUR-KEY"
        facts["signUp"] = reverse("account_signup")
    return facts
