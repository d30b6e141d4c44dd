"""Rows that tell what happened: nobody adds, changes or deletes them by hand."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.backoffice.lists import CheckedAdmin


class FactAdmin(CheckedAdmin):
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
