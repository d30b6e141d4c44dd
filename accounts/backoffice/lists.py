"""Lists of the admin, whatever is typed into their address or sent to them."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin  # generic for the type checker only

# No filter of ours makes them, and the database alone would say what is wrong with a value.
_UNCHECKED = ("__range", "__regex", "__iregex")


class CheckedList(ChangeList):
    """Tells of questions that nobody can answer as Django does of wrong ones: days after the last
    that there is, letters where a filter takes numbers, ranges without an end."""

    def get_queryset(self, *arguments: Any, **options: Any) -> Any:
        if any(name.endswith(_UNCHECKED) for name in self.params):
            raise IncorrectLookupParameters
        try:
            return super().get_queryset(*arguments, **options)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error


class CheckedAdmin(_ModelAdmin):
    """Rows that an action is asked for and that cannot be are left out, as those that are gone."""

    def get_changelist(self, request: HttpRequest, **_options: Any) -> type[ChangeList]:
        return CheckedList

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *arguments: Any, **options: Any
    ) -> HttpResponse | None:
        sent = request.POST.copy()
        chosen = sent.getlist(ACTION_CHECKBOX_NAME)
        sent.setlist(ACTION_CHECKBOX_NAME, [pk for pk in chosen if self._may_be(pk)])
        request.POST = sent  # type: ignore[assignment]  # of which Django makes it immutable
        return super().response_action(request, queryset, *arguments, **options)

    def _may_be(self, pk: str) -> bool:
        try:
            self.model._meta.pk.clean(pk, None)
        except ValidationError:
            return False
        return "\x00" not in pk
