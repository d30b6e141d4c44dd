"""The dashboard's pages about work, under /account/."""

from django.urls import path

from services.pages import overview, views

app_name = "pages"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<id:job_id>/", views.job_page, name="job"),
    path("jobs/<id:job_id>/again/", views.again, name="again"),
    path("jobs/<id:job_id>/<slug:which>/<slug:size>", views.picture, name="picture"),
]
