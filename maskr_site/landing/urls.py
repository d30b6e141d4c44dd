"""The front page, and what belongs to it."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path

from maskr_site.docs.sitemap import SiteMap
from maskr_site.landing import views

urlpatterns = [
    path("", views.front_page, name="root"),
    path("showcase/<str:name>", views.picture, name="showcase"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": SiteMap}}, name="sitemap"),
]
