"""/metrics: the counters of this server's processes and the state of the whole installation."""

from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from maskr_site.metrics import access, folder
from maskr_site.metrics.state import StateCollector


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """To strangers it does not exist."""
    if not access.may_read(request):
        return HttpResponseNotFound("Not found.\n", content_type="text/plain; charset=utf-8")
    states = CollectorRegistry()
    states.register(state())
    text = generate_latest(folder.counters()) + generate_latest(states)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


@cache
def state() -> StateCollector:
    return StateCollector()
