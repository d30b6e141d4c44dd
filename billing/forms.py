"""What customers fill in about paying."""

from decimal import Decimal
from typing import Any

from django import forms

from billing.fields import CreditsField
from billing.models import AutoTopUp, CreditPack


class AutoTopUpForm(forms.Form):
    is_enabled = forms.BooleanField(label="Top up automatically", required=False)
    threshold = CreditsField(
        label="When fewer credits are left than",
        min_value=Decimal("0.01"),
        max_value=Decimal(1_000_000_000),
        initial=5_000,
    )
    pack = forms.ModelChoiceField(
        CreditPack.objects.none(), label="Buy", empty_label=None, widget=forms.RadioSelect
    )
    most_per_day = forms.IntegerField(
        label="At most, times a day", min_value=1, max_value=10, initial=1
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pack: Any = self.fields["pack"]
        pack.queryset = CreditPack.objects.filter(is_active=True).order_by("price_minor")
        pack.initial = pack.queryset.first()

    @classmethod
    def initial_of(cls, wish: AutoTopUp) -> dict[str, Any]:
        return {
            "is_enabled": wish.is_enabled,
            "threshold": wish.threshold,
            "pack": wish.pack_id,
            "most_per_day": wish.most_per_day,
        }
