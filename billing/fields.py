"""Credits in forms: typed and told as credits, cleaned to the hundredths that everything counts in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.amounts import to_hundredths, to_text

#: Of what can be typed: far more than anybody has, and the columns hold it.
MOST_DIGITS = 14


class CreditsField(forms.DecimalField):
    """Cleans "2.5" to 250; `initial` is in hundredths, the limits are in credits."""

    def __init__(self, *, max_digits: int = MOST_DIGITS, **kwargs: Any) -> None:
        super().__init__(max_digits=max_digits, decimal_places=2, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return to_text(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        credits = super().clean(value)
        return None if credits is None else to_hundredths(credits)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True

    @staticmethod
    def told(value: int | None) -> str:
        return "none" if value is None else to_text(value)
