"""Addresses of the studio; `studio` itself is a page, the others serve it."""

from django.urls import path
from django.views.generic import RedirectView

from services.studio import free, views

urlpatterns = [
    path("studio", views.studio, name="studio"),
    path("studio/", RedirectView.as_view(pattern_name="studio")),
    path("studio/balance", views.balance, name="studio-balance"),
    path("studio/samples/<slug:name>.jpg", views.sample, name="studio-sample"),
    path("studio/preview", free.PreviewView.as_view(), name="studio-preview"),
    path("studio/try/background-removal", free.BackgroundTryView.as_view()),
    path("studio/try/object-extraction", free.ExtractionTryView.as_view()),
    path("studio/try/object-removal", free.RemovalTryView.as_view()),
]
