"""What the owner fills in to make a key or to roll one."""

from datetime import datetime, time, timedelta
from ipaddress import ip_network
from typing import Any
from unicodedata import category
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import ApiKey

_MOST_NETWORKS = 50
#: Categories of Unicode: control characters, halves of characters, ends of lines and paragraphs.
_NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp"}


def one_line(text: str) -> None:
    """A validator of what is told in one line: in a subject, a header, a table."""
    if any(category(letter) in _NOT_IN_A_LINE for letter in text):
        raise ValidationError("Line breaks and control characters are not allowed.")


class KeyForm(forms.Form):
    #: The id of the key to be made, so that a form sent twice makes one.
    made_as = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    name = forms.CharField(
        max_length=80,
        validators=[one_line],
        help_text="Where the key will be used, for example “shop backend”.",
    )
    mode = forms.ChoiceField(
        choices=[
            (ApiKey.Mode.LIVE, "Live: charges credits"),
            (ApiKey.Mode.TEST, "Test: free, results of at most 512 px, 20 requests a minute"),
        ],
        initial=ApiKey.Mode.LIVE,
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(
        label="What the key may do",
        choices=ApiKey.Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: everything.",
    )
    expires_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The key works until the end of this day (UTC). Empty: no end.",
    )
    allowed_ips = forms.CharField(
        label="Allowed addresses",
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One address or network a line, for example 203.0.113.0/24. Empty: any.",
    )
    monthly_credits = forms.IntegerField(
        label="Most credits a month",
        required=False,
        min_value=1,
        max_value=1_000_000_000,
        help_text="Empty: as many as the account has.",
    )

    def clean_expires_on(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        if day < timezone.now().date():
            raise ValidationError("The last day lies in the past.")
        return timezone.make_aware(datetime.combine(day, time.max))

    def clean_allowed_ips(self) -> list[str]:
        lines = self.cleaned_data["allowed_ips"].replace(",", "\n").split()
        if len(lines) > _MOST_NETWORKS:
            raise ValidationError(f"{len(lines)} networks; the limit is {_MOST_NETWORKS}.")
        return [_network(line) for line in lines]

    def wishes(self) -> dict[str, Any]:
        """The arguments of keys.create(), or of keys.change(), which knows no mode and no id."""
        data = self.cleaned_data
        cap = data["monthly_credits"]
        return {
            "name": data["name"],
            **({"mode": data["mode"]} if "mode" in data else {}),
            **({"made_as": data["made_as"]} if data.get("made_as") else {}),
            "scopes": data["scopes"],
            "expires_at": data["expires_on"],
            "allowed_ips": data["allowed_ips"],
            "monthly_credit_cap_hundredths": None if cap is None else cap * 100,
        }


class ChangeForm(KeyForm):
    """What an existing key may be given: everything but another mode."""

    mode = None  # type: ignore[assignment]  # Django's way to leave a field out
    made_as = None  # type: ignore[assignment]

    @staticmethod
    def initial_of(key: ApiKey) -> dict[str, Any]:
        cap = key.monthly_credit_cap_hundredths
        return {
            "name": key.name,
            "scopes": key.scopes,
            "expires_on": key.expires_at.date() if key.expires_at else None,
            "allowed_ips": "\n".join(key.allowed_ips),
            "monthly_credits": None if cap is None else -(-cap // 100),
        }


class RollForm(forms.Form):
    overlap_hours = forms.TypedChoiceField(
        label="The old key stops working",
        choices=[(0, "now"), (1, "in an hour"), (24, "in a day"), (72, "in three days")],
        coerce=int,
        initial=24,
        widget=forms.RadioSelect,
    )

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["overlap_hours"])


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise ValidationError(f"{text} is neither an address nor a network.") from error
