"""The first page of an account: what is left, what was used, how it went, and how to go on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import ApiKey
from accounts.views import OwnerRequest
from services.dialects.envelope import absolute
from services.pages import charts, figures, history

_LATEST = 6
LANGUAGES = {"curl": "curl", "python": "Python", "node": "Node"}


@require_safe
@never_cache
@login_required
def overview(request: OwnerRequest) -> HttpResponse:
    usage = figures.of(request.user)
    language = request.GET.get("lang", "")
    context = {
        "usage": usage,
        "means": figures.means(request.user, usage.month),
        "charts": _charts(usage),
        "jobs": history.latest(request.user, _LATEST),
        "key": _key(request),
        "languages": LANGUAGES,
        "language": language if language in LANGUAGES else "curl",
        "address": absolute("/", request).rstrip("/"),
    }
    return render(request, "services/overview.html", context)


def _charts(usage: figures.Usage) -> list[charts.Chart]:
    """None before the first job has ended."""
    if not any(day.completed or day.failed for day in usage.days):
        return []
    return [
        charts.images(usage.days, usage.services),
        charts.durations(usage.days),
        charts.failures(usage.days),
    ]


def _key(request: OwnerRequest) -> ApiKey | None:
    """One to show in the examples: live rather than test, the newest of them."""
    usable = [key for key in request.user.api_keys.select_related("user") if key.is_usable]
    return min(usable, key=lambda key: key.is_test, default=None)
