"""What a picture costs by service, by compatible API, by size: changed with a reason, at once."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.backoffice.forms import ReasonedAdmin, ReasonedModelForm
from billing.amounts import to_text
from billing.fields import CreditsField
from billing.models import ServicePrice
from billing.prices import DEFAULT_PRICES

_MOST = 100_000


class PriceForm(ReasonedModelForm):
    hundredths = CreditsField(
        label="price in credits",
        min_value=0,
        max_value=_MOST,
        help_text="Of one completed picture, for example 2.5. It counts for jobs placed from now on.",
    )

    def clean_service(self) -> str:
        service: str = self.cleaned_data["service"]
        if service not in DEFAULT_PRICES:
            known = ", ".join(sorted(DEFAULT_PRICES))
            raise ValidationError(f"Nothing is sold under this name. There is: {known}.")
        return service


@admin.register(ServicePrice)
class ServicePriceAdmin(ReasonedAdmin):
    form = PriceForm
    list_display = ["service", "price", "founding_price"]
    ordering = ["service"]

    @admin.display(description="price in credits", ordering="hundredths")
    def price(self, row: ServicePrice) -> str:
        return to_text(row.hundredths)

    @admin.display(description="price where none is set")
    def founding_price(self, row: ServicePrice) -> str:
        default = DEFAULT_PRICES.get(row.service)
        return "" if default is None else to_text(default)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["service"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
