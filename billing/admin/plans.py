"""Packs and plans, editable; customers and subscriptions, as Stripe told."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.backoffice.facts import FactAdmin
from accounts.backoffice.forms import ReasonedAdmin, ReasonedModelForm
from billing.amounts import to_text
from billing.fields import CreditsField
from billing.models import CreditPack, Plan, StripeCustomer, Subscription


class PackForm(ReasonedModelForm):
    credits = CreditsField(min_value=Decimal("0.01"), help_text="For example 500.")


class PlanForm(ReasonedModelForm):
    included_credits = CreditsField(
        label="credits each month", min_value=0, help_text="Granted when an invoice is paid."
    )
    rollover_cap = CreditsField(
        label="most credits rolled over",
        min_value=0,
        required=False,
        help_text="Of the included ones, when the next month begins. Empty: all; 0: none.",
    )


@admin.register(CreditPack)
class CreditPackAdmin(ReasonedAdmin):
    form = PackForm
    list_display = ["name", "amount", "price", "is_active"]
    list_filter = ["is_active"]

    @admin.display(description="credits", ordering="credits")
    def amount(self, pack: CreditPack) -> str:
        return to_text(pack.credits)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # taken off sale instead: purchases name it


@admin.register(Plan)
class PlanAdmin(ReasonedAdmin):
    form = PlanForm
    list_display = ["name", "kind", "stripe_price", "credits", "is_active"]
    list_filter = ["kind", "is_active"]

    @admin.display(description="credits a month", ordering="included_credits")
    def credits(self, plan: Plan) -> str:
        return to_text(plan.included_credits)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # taken off sale instead: subscribers keep it


@admin.register(Subscription)
class SubscriptionAdmin(FactAdmin):
    list_display = ["id", "user", "plan", "status", "period_ends_at", "ends_with_period"]
    list_filter = ["status", "plan"]
    search_fields = ["id", "user__email"]
    list_select_related = ["user", "plan"]


@admin.register(StripeCustomer)
class StripeCustomerAdmin(FactAdmin):
    list_display = ["customer", "user"]
    search_fields = ["customer", "user__email"]
    list_select_related = ["user"]
