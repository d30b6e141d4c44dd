"""Addresses of the documents. Those of the API description come first in maskr_site.urls."""

from django.urls import path
from django.views.generic import RedirectView

from maskr_site.docs import views

urlpatterns = [
    path("docs", views.page, name="docs"),
    path("docs/", RedirectView.as_view(url="/docs")),
    path("docs/search", views.search, name="docs-search"),
    path("docs/overview", RedirectView.as_view(url="/docs")),
    path("docs/<slug:slug>", views.page, name="docs-page"),
]
