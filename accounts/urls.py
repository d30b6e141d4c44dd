"""Everything under /account/ that is about the person and the keys."""

from django.urls import path

from accounts import preferences, views

app_name = "accounts"
urlpatterns = [
    path("settings/", preferences.settings_page, name="settings"),
    path("settings/export", preferences.export_everything, name="export"),
    path("settings/delete/", preferences.delete_account, name="delete"),
    path("deleted/", preferences.deleted, name="deleted"),
    path("keys/", views.keys_page, name="keys"),
    path("keys/<id:key_id>/", views.change_key, name="change-key"),
    path("keys/<id:key_id>/roll/", views.roll_key, name="roll-key"),
    path("keys/<id:key_id>/revoke/", views.revoke_key, name="revoke-key"),
]
