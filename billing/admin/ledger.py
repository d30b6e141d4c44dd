"""Balances and ledger are shown, never edited: credits move by an entry with a reason."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.backoffice.facts import FactAdmin
from accounts.backoffice.links import link
from accounts.backoffice.long_tables import LongTableAdmin
from accounts.models import User
from billing import credits
from billing.admin import searches
from billing.amounts import to_text
from billing.errors import InsufficientCredits, MovedAlready
from billing.fields import CreditsField
from billing.models import CreditAccount, DebtEntry, LedgerEntry


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """Grants credits, or takes them back with a negative amount."""

    user = forms.ModelChoiceField(
        User.objects.all(),
        # By user, not by credit account: who never had credits has none yet.
        widget=AutocompleteSelect(CreditAccount._meta.get_field("user"), admin.site),
    )
    credits = CreditsField(help_text="For example 100, or -2.50 to take credits back.")
    reason = forms.CharField(max_length=200, help_text="Shown in the customer's statement.")
    # Sent twice, by a double click, it is one entry.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    class Meta:
        model = LedgerEntry
        fields = ["user", "credits", "reason", "key"]

    def clean_credits(self) -> int:
        amount: int = self.cleaned_data["credits"]
        if amount == 0:
            raise ValidationError("Give an amount other than zero.")
        return amount

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        user, amount = data.get("user"), data.get("credits")
        if user and (form := data.get("key")):
            try:
                credits.check_not_sent(user, form)
            except MovedAlready as error:
                raise ValidationError(str(error)) from error
        if user and amount and credits.balance(user) + amount < 0:
            raise ValidationError(
                f"The account holds only {to_text(credits.balance(user))} credits."
            )
        return data


@admin.register(LedgerEntry)
class LedgerEntryAdmin(LongTableAdmin):
    list_display = [
        "created_at", "owner", "kind", "credits", "balance_then", "reason", "actor", "job_link",
    ]  # fmt: skip
    facts = [
        "created_at", "owner_link", "kind", "credits", "balance_then", "reason", "actor", "job_link",
        "api_key", "service", "key",
    ]  # fmt: skip
    list_filter = ["kind"]
    searches = (searches.by_job_or_purchase, searches.by_owner)
    search_help_text = "Id of a job or a purchase, or an email address"
    list_select_related = ["account__user", "actor"]
    date_hierarchy = "created_at"
    form = GrantForm

    @admin.display(description="account")
    def owner(self, entry: LedgerEntry) -> str:
        return str(entry.account.user)

    @admin.display(description="account")
    def owner_link(self, entry: LedgerEntry) -> SafeString:
        return link("accounts_user", entry.account.user_id, str(entry.account.user))

    @admin.display(description="job")
    def job_link(self, entry: LedgerEntry) -> SafeString | str:
        """By the first letters of its id: the whole one is as wide as three columns."""
        return link("services_job", entry.job, f"{str(entry.job)[:8]}…") if entry.job else ""

    @admin.display(description="credits")
    def credits(self, entry: LedgerEntry) -> str:
        return to_text(entry.amount)

    @admin.display(description="balance after")
    def balance_then(self, entry: LedgerEntry) -> str:
        return to_text(entry.balance_after)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.facts if obj else super().get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: LedgerEntry, form: Any, change: bool) -> None:
        try:
            entry = credits.grant_by_hand(
                form.cleaned_data["user"],
                form.cleaned_data["credits"],
                reason=form.cleaned_data["reason"],
                form=form.cleaned_data["key"],
                actor=request.user,  # type: ignore[arg-type]  # the admin admits only our User
            )
        except (InsufficientCredits, MovedAlready) as error:
            # Between the form's check and now: spent, or sent by the other half of a double click.
            raise PermissionDenied(str(error) or "The credits were spent meanwhile.") from error
        obj.__dict__.update(entry.__dict__)  # what the admin logs and links to is the real entry

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        data = form.cleaned_data
        return f"{to_text(data['credits'])} credits, {data['user']}. Reason: {data['reason']}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("billing.add_ledgerentry"))


@admin.register(CreditAccount)
class CreditAccountAdmin(FactAdmin):
    list_display = ["user", "credits", "owed", "created_at"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    fields = ["user", "credits", "owed", "created_at"]

    @admin.display(description="credits", ordering="balance")
    def credits(self, account: CreditAccount) -> str:
        return to_text(account.balance)

    @admin.display(description="debt", ordering="debt")
    def owed(self, account: CreditAccount) -> str:
        return to_text(account.debt)


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
