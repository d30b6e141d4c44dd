"""All routes of all dialects. Each path works with and without a slash, never by a redirect."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, URLResolver, include, path

from services import views
from services.dialects import (
    background_removal,
    backgrounderase,
    clipdrop,
    image_segmentation,
    maskr,
    object_extraction,
    object_removal,
    photoroom,
    picsart,
    poof,
    removebg,
    slazzer,
)
from services.dialects.view import DialectView


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


_COMPATIBLE: list[tuple[str, type[DialectView]]] = [
    ("v2", backgrounderase.RemoveView),
    ("v2/account", backgrounderase.AccountView),
    ("v1/remove", poof.RemoveView),
    ("v1/me", poof.MeView),
    ("v1.0/removebg", removebg.RemoveView),
    ("v1.0/account", removebg.AccountView),
    ("v1.0/improve", removebg.ImproveView),
    ("v1/segment", photoroom.SegmentView),
    ("v1/account", photoroom.AccountView),
    ("remove-background/v1", clipdrop.RemoveBackgroundView),
    ("cleanup/v1", clipdrop.CleanupView),
    ("v2.0/remove_image_background", slazzer.RemoveView),
    ("tools/1.0/removebg", picsart.RemoveView),
    ("tools/1.0/balance", picsart.BalanceView),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("services.studio.urls")),
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
    *_both("v1/jobs/<id:job_id>", maskr.JobView.as_view(), "job"),
    *_both("v1/batches/<id:batch_id>", maskr.BatchLookupView.as_view(), "batch"),
    *(pattern for route, view in _COMPATIBLE for pattern in _both(route, view.as_view(), route)),
    *_both("v1/files/<id:job_id>", views.DownloadView.as_view(), "file"),
]
