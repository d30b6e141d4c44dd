"""Forms of the admin that ask for a reason: whoever reads the history later wants to know why."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from accounts.backoffice.lists import CheckedList

MOST_LETTERS = 200

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Any]
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelForm, _ModelAdmin = forms.ModelForm, admin.ModelAdmin  # generic for the type checker only


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=MOST_LETTERS,
        help_text="Kept in the history.",
        widget=forms.TextInput(attrs={"size": 60, "autocomplete": "off"}),
    )


class ReasonedModelForm(_ModelForm):
    reason = ReasonForm.base_fields["reason"]


class ReasonedAdmin(_ModelAdmin):
    """A page on which every addition and change is made with a reason and told in the history."""

    form = ReasonedModelForm

    def get_changelist(self, request: HttpRequest, **_options: Any) -> type[ChangeList]:
        return CheckedList

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if "reason" not in form.fields:  # the stock page that sets a password
            return super().construct_change_message(request, form, formsets, add)
        changes = [_change(form, name, add) for name in _told(form)]
        what = "; ".join(changes) or "Nothing"
        return f"{what}. Reason: {form.cleaned_data['reason']}"


def _told(form: Any) -> list[str]:
    """The changed fields whose values may be read by everybody who may read the history."""
    return [
        name
        for name in form.changed_data
        if name != "reason" and not isinstance(form.fields[name].widget, forms.PasswordInput)
    ]


def _change(form: Any, name: str, add: bool) -> str:
    field = form.fields[name]
    label = field.label or name
    # A field whose values are not what was typed says itself how they read.
    tell = getattr(field, "told", _shown)
    now = tell(form.cleaned_data[name])
    return f"{label}: {now}" if add else f"{label}: {tell(form.initial.get(name))} → {now}"


def _shown(value: Any) -> str:
    if hasattr(value, "all") or isinstance(value, list | tuple):
        rows = value.all() if hasattr(value, "all") else value
        return ", ".join(sorted(str(row) for row in rows)) or "none"
    return "none" if value in (None, "") else str(value)
