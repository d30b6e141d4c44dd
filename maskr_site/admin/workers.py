"""The workers alive and the models they serve with; whether the files here are what they should be."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.backoffice.facts import FactAdmin
from inference import weights
from inference.errors import InferenceError
from services.engines import engines
from services.models import LiveWorker
from services.workers import SILENCE_S


@admin.register(LiveWorker)
class WorkerAdmin(FactAdmin):
    """The list is a page about all models on all workers rather than rows of one table."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.verify)
        return [path("verify/", view, name="services_liveworker_verify"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        context = self.admin_site.each_context(request) | {
            "title": "Workers and models",
            "opts": self.model._meta,
            "workers": [_told(worker) for worker in LiveWorker.objects.order_by("-seen_at")],
            "catalogue": weights.list_models(settings.MODELS_DIR),
            "models_dir": settings.MODELS_DIR,
        }
        return TemplateResponse(request, "admin/workers.html", context)

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Reads every installed file here and compares its digest with the catalogue's."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            return super().changelist_view(request)
        for row in weights.list_models(settings.MODELS_DIR):
            if row.is_present:
                _verify(request, row.entry.name)
        return redirect("admin:services_liveworker_changelist")


def _verify(request: HttpRequest, name: str) -> None:
    try:
        weights.verify(name, settings.MODELS_DIR)
    except InferenceError as error:
        messages.error(request, f"{name}: {error}")
    else:
        messages.success(request, f"{name}: the digest is right")


def _told(worker: LiveWorker) -> dict[str, Any]:
    """What the worker said last; in embedded mode this process is the worker and knows better."""
    told = engines().status() if settings.EMBEDDED else worker.engines
    silent_s = (timezone.now() - worker.seen_at).total_seconds()
    return {
        "worker": worker,
        "is_alive": silent_s < max(SILENCE_S, settings.LEASE_S),
        "silent_s": round(silent_s),
        "models": sorted(told.get("models", {}).items()),
        "serves": told.get("serves", {}),
        "segmentation": told.get("segmentation"),
        "inpainting": told.get("inpainting", {}),
        "notes": told.get("notes", []),
    }
