"""Balances and ledger are shown, never edited: credits move by an entry with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from accounts.models import User
from billing import credits
from billing.admin.facts import FactAdmin
from billing.amounts import to_hundredths, to_text
from billing.errors import InsufficientCredits
from billing.models import CreditAccount, DebtEntry, LedgerEntry, ServicePrice


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """Grants credits, or takes them back with a negative amount."""

    user = forms.ModelChoiceField(
        User.objects.all(),
        # By user, not by credit account: who never had credits has none yet.
        widget=AutocompleteSelect(CreditAccount._meta.get_field("user"), admin.site),
    )
    credits = forms.DecimalField(
        decimal_places=2, help_text="For example 100, or -2.50 to take credits back."
    )
    reason = forms.CharField(max_length=200, help_text="Shown in the customer's statement.")

    class Meta:
        model = LedgerEntry
        fields = ["user", "credits", "reason"]

    def clean_credits(self) -> int:
        amount = to_hundredths(self.cleaned_data["credits"])
        if amount == 0:
            raise ValidationError("Give an amount other than zero.")
        return amount

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        user, amount = data.get("user"), data.get("credits")
        if user and amount and credits.balance(user) + amount < 0:
            raise ValidationError(
                f"The account holds only {to_text(credits.balance(user))} credits."
            )
        return data


@admin.register(LedgerEntry)
class LedgerEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    list_display = ["created_at", "account", "kind", "credits", "balance_then", "reason", "job"]
    list_filter = ["kind"]
    search_fields = ["account__user__email", "job", "key", "reason"]
    list_select_related = ["account__user"]
    date_hierarchy = "created_at"
    form = GrantForm
    show_full_result_count = False

    @admin.display(description="credits", ordering="amount")
    def credits(self, entry: LedgerEntry) -> str:
        return to_text(entry.amount)

    @admin.display(description="balance after", ordering="balance_after")
    def balance_then(self, entry: LedgerEntry) -> str:
        return to_text(entry.balance_after)

    def save_model(self, request: HttpRequest, obj: LedgerEntry, form: Any, change: bool) -> None:
        amount = form.cleaned_data["credits"]
        kind = LedgerEntry.Kind.GRANT if amount > 0 else LedgerEntry.Kind.ADJUST
        try:
            entry = credits.grant(
                form.cleaned_data["user"],
                amount,
                kind=kind,
                reason=form.cleaned_data["reason"],
                actor=request.user,  # type: ignore[arg-type]  # the admin admits only our User
            )
        except InsufficientCredits as error:
            # Spent between the form's check and now; nothing moved.
            raise PermissionDenied("The credits were spent meanwhile.") from error
        obj.__dict__.update(entry.__dict__)  # what the admin logs and links to is the real entry

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CreditAccount)
class CreditAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    list_display = ["user", "credits", "owed", "created_at"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    readonly_fields = ["user", "credits", "owed", "created_at"]

    @admin.display(description="credits", ordering="balance")
    def credits(self, account: CreditAccount) -> str:
        return to_text(account.balance)

    @admin.display(description="debt", ordering="debt")
    def owed(self, account: CreditAccount) -> str:
        return to_text(account.debt)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DebtEntry)
class DebtEntryAdmin(FactAdmin):
    list_display = ["created_at", "account", "credits", "debt_then", "reason", "purchase"]
    search_fields = ["account__user__email", "key", "reason"]
    list_select_related = ["account__user", "purchase"]

    @admin.display(description="credits", ordering="amount")
    def credits(self, entry: DebtEntry) -> str:
        return to_text(entry.amount)

    @admin.display(description="debt after", ordering="debt_after")
    def debt_then(self, entry: DebtEntry) -> str:
        return to_text(entry.debt_after)


@admin.register(ServicePrice)
class ServicePriceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    list_display = ["service", "hundredths"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["service"] if obj else []
