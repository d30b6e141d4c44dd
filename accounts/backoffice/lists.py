"""Lists of the admin, whatever is typed into their address."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList

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
