"""What the owner fills in about webhooks."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import RollForm as KeyRollForm
from accounts.forms import one_line
from billing.fields import CreditsField
from services.outgoing import posting
from services.outgoing.names import CHOOSABLE, EventType

_MOST_CREDITS = Decimal(1_000_000_000)


class EndpointForm(forms.Form):
    #: The id of the endpoint to be made, so that a form sent twice makes one.
    made_as = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    url = forms.CharField(
        label="URL",
        max_length=2048,
        validators=[one_line],
        widget=forms.URLInput(attrs={"placeholder": "https://shop.example/hooks/maskr"}),
        help_text="Where events are posted to: https, on port 443 or from 1024 on.",
    )
    description = forms.CharField(
        max_length=80,
        required=False,
        validators=[one_line],
        help_text="For you, for example “shop, production”.",
    )
    events = forms.MultipleChoiceField(
        choices=[(event.value, f"{event.value}: {event.label}") for event in CHOOSABLE],
        widget=forms.CheckboxSelectMultiple,
        initial=[EventType.JOB_COMPLETED.value, EventType.JOB_FAILED.value],
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if refusal := posting.refusal(url):
            raise ValidationError(f"This address cannot be used: {refusal}.")
        return url


class ChangeForm(EndpointForm):
    """Of one that there is."""

    made_as = None  # type: ignore[assignment]  # Django's way to leave a field out


class RollForm(KeyRollForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overlap_hours"].label = "The old secret stops signing"


class ThresholdForm(forms.Form):
    threshold = CreditsField(
        label="Tell when fewer credits are left than",
        required=False,
        min_value=Decimal("0.01"),
        max_value=_MOST_CREDITS,
        help_text="Sends balance.low once each time the balance falls below. Empty: never.",
    )
