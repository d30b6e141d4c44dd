"""Rows that tell what happened: nobody adds, changes or deletes them by hand."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class FactList(ChangeList):
    """Tells of questions that nobody can answer as Django does of wrong ones: days after the last
    that there is, letters where a filter takes numbers."""

    def get_queryset(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().get_queryset(*arguments, **options)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error


class FactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **_options: Any) -> type[ChangeList]:
        return FactList

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
