"""Everything under /account/billing/."""

from django.urls import path

from billing import views

app_name = "billing"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("buy/<int:pack_id>/", views.buy, name="buy"),
    path("plan/<int:plan_id>/", views.subscribe, name="subscribe"),
    path("portal/", views.portal, name="portal"),
    path("top-up/", views.auto_top_up, name="top-up"),
    path("statement/", views.statement_page, name="statement"),
    path("statement.csv", views.statement_csv, name="statement-csv"),
]
