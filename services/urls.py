"""All routes of all dialects. Each path works with and without a slash, never by a redirect."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from services import views
from services.dialects import maskr


def _both(route: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    return [path(route, view, name=name), path(f"{route}/", view)]


urlpatterns = [
    *_both(
        "v1/services/background-removal",
        maskr.BackgroundRemovalView.as_view(),
        "background-removal",
    ),
    *_both(
        "v1/services/background-removal/batch",
        maskr.BackgroundRemovalBatchView.as_view(),
        "background-removal-batch",
    ),
    *_both("v1/jobs/<uuid:job_id>", maskr.JobView.as_view(), "job"),
    *_both("v1/batches/<uuid:batch_id>", maskr.BatchLookupView.as_view(), "batch"),
    path("v1/files/<uuid:job_id>", views.DownloadView.as_view(), name="file"),
]
