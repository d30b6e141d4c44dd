"""All routes of all dialects. Each path works with and without a slash, never by a redirect."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from services import views
from services.dialects import (
    background_removal,
    image_segmentation,
    maskr,
    object_extraction,
    object_removal,
)


def _both(route: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    return [path(route, view, name=name), path(f"{route}/", view)]


def _service(
    name: str, single: type[maskr.SingleView], batch: type[maskr.BatchView]
) -> list[URLPattern]:
    route = f"v1/services/{name}"
    return [
        *_both(route, single.as_view(), name),
        *_both(f"{route}/batch", batch.as_view(), f"{name}-batch"),
    ]


urlpatterns = [
    *_service(
        "background-removal",
        background_removal.BackgroundRemovalView,
        background_removal.BackgroundRemovalBatchView,
    ),
    *_service(
        "image-segmentation",
        image_segmentation.ImageSegmentationView,
        image_segmentation.ImageSegmentationBatchView,
    ),
    *_service(
        "object-extraction",
        object_extraction.ObjectExtractionView,
        object_extraction.ObjectExtractionBatchView,
    ),
    *_service(
        "object-removal",
        object_removal.ObjectRemovalView,
        object_removal.ObjectRemovalBatchView,
    ),
    *_both("v1/jobs/<uuid:job_id>", maskr.JobView.as_view(), "job"),
    *_both("v1/batches/<uuid:batch_id>", maskr.BatchLookupView.as_view(), "batch"),
    path("v1/files/<uuid:job_id>", views.DownloadView.as_view(), name="file"),
]
