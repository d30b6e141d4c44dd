"""Forms of the admin that ask for a reason: whoever reads the history later wants to know why."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest

from accounts.backoffice.lists import CheckedAdmin

MOST_LETTERS = 200
#: What such a page asks for beside the row's own fields.
QUESTIONS = ("reason", "shown")

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm  # generic for the type checker only


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=MOST_LETTERS,
        help_text="Kept in the history.",
        widget=forms.TextInput(attrs={"size": 60, "autocomplete": "off"}),
    )

    @classmethod
    def shown_of(cls, _objects: Sequence[Any]) -> dict[str, Any]:
        """What the page keeps of the objects it asks about, by the names of hidden fields."""
        return {}


class ReasonedModelForm(_ModelForm):
    """Sends all fields, also those that nobody touched: they must still be what the page showed, or it
    would undo what somebody else changed meanwhile."""

    reason = ReasonForm.base_fields["reason"]
    # A mark of what the page showed; what is not sent, as by programs, is not compared.
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not self.instance._state.adding:
            self.initial["shown"] = _mark(self.initial, self.fields)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        now = self.initial.get("shown")
        if told.get("shown") and now and told["shown"] != now:
            # Sent once more, after a look, it counts.
            sent: Any = self.data  # what a browser sent, which Django makes immutable
            sent = sent.copy()
            sent[self.add_prefix("shown")] = now
            self.data = sent
            raise ValidationError(
                f"Somebody changed this since you opened the page. {self._to_do()}"
            )
        return told

    def _to_do(self) -> str:
        valid = [name for name in _told(self) if name in self.cleaned_data]
        changes = "; ".join(_change(self, name, add=False) for name in valid)
        if not changes:
            return "It is what you want by now."
        return f"Nothing is saved yet; saving now changes it so: {changes}."


class ReasonedAdmin(CheckedAdmin):
    """A page on which every addition and change is made with a reason and told in the history."""

    form = ReasonedModelForm

    def get_object(self, request: HttpRequest, *arguments: Any, **options: Any) -> Any:
        """As it is once nobody else is saving it: of two at the same instant the later one compares what
        its page showed with what the first one made of it."""
        row = super().get_object(request, *arguments, **options)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        # Not as its key is held: rows that name it are written all the same.
        held = self.model._base_manager.select_for_update(no_key=True)
        try:
            row.refresh_from_db(from_queryset=held)
        except self.model.DoesNotExist:
            return None
        return row

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the questions where nothing can be changed."""
        names = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return names
        return [name for name in names if name not in QUESTIONS]

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if "reason" not in form.fields:  # the stock page that sets a password
            return super().construct_change_message(request, form, formsets, add)
        changes = [_change(form, name, add) for name in _told(form)]
        what = "; ".join(changes) or "Nothing"
        return f"{what}. Reason: {form.cleaned_data['reason']}"


def _mark(values: Mapping[str, Any], fields: Any) -> str:
    told = [(name, _comparable(values.get(name))) for name in fields if name not in QUESTIONS]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _comparable(value: Any) -> str:
    if isinstance(value, list | tuple):  # of rows, in any order
        return repr(sorted(str(row.pk if isinstance(row, Model) else row) for row in value))
    return repr(value)


def _told(form: Any) -> list[str]:
    """The changed fields whose values may be read by everybody who may read the history."""
    return [
        name
        for name in form.changed_data
        if name not in QUESTIONS and not isinstance(form.fields[name].widget, forms.PasswordInput)
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
