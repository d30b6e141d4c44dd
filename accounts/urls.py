"""Everything under /account/ that is about the person and the keys."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("keys/", views.keys_page, name="keys"),
    path("keys/<uuid:key_id>/roll/", views.roll_key, name="roll-key"),
    path("keys/<uuid:key_id>/revoke/", views.revoke_key, name="revoke-key"),
]
