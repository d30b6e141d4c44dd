"""Purchases with their facts, and refunds: asked of Stripe here, booked when its event comes."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.backoffice.facts import FactAdmin
from accounts.backoffice.links import link
from accounts.backoffice.long_tables import LongTableAdmin
from billing import refunds
from billing.admin import searches
from billing.amounts import decimals_of, price_text, to_major, to_minor, to_text
from billing.errors import PaymentError, RefundedElsewhere
from billing.fields import MOST_DIGITS
from billing.models import Dispute, Payment, Purchase, Refund


class RefundForm(forms.Form):
    """Cleans `amount` to the smallest unit of the purchase's currency, as Stripe counts."""

    reason = forms.CharField(max_length=200, help_text="Kept in the history and at Stripe.")
    # Sent twice, by a double click, it is one refund.
    key = forms.UUIDField(widget=forms.HiddenInput)
    # What the page told: by then somebody else may have refunded the same.
    told_left = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, purchase: Purchase, data: Any = None) -> None:
        self.currency = purchase.currency
        self.left = refunds.left_minor(purchase)
        offered = to_major(self.left, self.currency) if self.left else None
        initial = {"amount": offered, "key": uuid4(), "told_left": self.left}
        super().__init__(data, initial=initial)
        amount = forms.DecimalField(
            label=f"Amount in {self.currency.upper()}",
            min_value=to_major(1, self.currency),
            max_digits=MOST_DIGITS,
            decimal_places=decimals_of(self.currency),
        )
        self.fields = {"amount": amount} | self.fields

    def clean_amount(self) -> int:
        amount = to_minor(self.cleaned_data["amount"], self.currency)
        if self.left == 0:
            raise ValidationError("Everything has been refunded already.")
        if self.left is not None and amount > self.left:
            raise ValidationError(f"Only {price_text(self.left, self.currency)} is left to refund.")
        return amount


def _credits(name: str, words: str) -> Any:
    """A column of hundredths, told in credits."""

    @admin.display(description=words)
    def told(_page: Any, purchase: Purchase) -> str:
        return to_text(getattr(purchase, name))

    return told


class PaymentInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the type checker only
    model = Payment
    extra = 0
    can_delete = False
    fields = ["payment", "invoice", "refunds_told"]
    readonly_fields = ["payment", "invoice", "refunds_told"]

    @admin.display(description="payment")
    def payment(self, payment: Payment) -> str:
        return payment.intent

    @admin.display(description="refunded")
    def refunds_told(self, payment: Payment) -> str:
        purchase = payment.purchase
        return price_text(payment.refunded_minor, purchase.currency) if purchase else ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Purchase)
class PurchaseAdmin(LongTableAdmin):
    list_display = ["created_at", "owner", "kind", "amount", "price", "status", "refunding"]
    list_filter = ["kind", "ending"]
    searches = (searches.by_payment, searches.by_owner)
    search_help_text = (
        "Id of a purchase, a checkout session, an invoice, a payment, a refund, a dispute, a customer; "
        "or an email address"
    )
    list_select_related = ["account__user", "pack", "plan"]
    date_hierarchy = "created_at"
    inlines = [PaymentInline]
    fields = [
        "created_at", "owner_link", "kind", "pack", "plan", "amount", "price", "paid", "paid_at",
        "status", "credits_granted", "credits_refunded", "credits_disputed", "credits_carried",
        "credits_expired", "session", "invoice", "invoice_url", "receipt_url",
    ]  # fmt: skip
    credits_granted = _credits("granted", "granted")
    credits_refunded = _credits("refunded", "taken back for refunds")
    credits_disputed = _credits("disputed", "taken back for disputes")
    credits_carried = _credits("carried", "rolled over")
    credits_expired = _credits("expired", "expired with its month")

    @admin.display(description="account")
    def owner(self, purchase: Purchase) -> str:
        return str(purchase.account.user)

    @admin.display(description="account")
    def owner_link(self, purchase: Purchase) -> SafeString:
        user = purchase.account.user
        return link("accounts_user", user.pk, str(user))

    @admin.display(description="paid, with tax")
    def paid(self, purchase: Purchase) -> str:
        if purchase.paid_minor is None:
            return "nothing yet"
        return price_text(purchase.paid_minor, purchase.currency)

    @admin.display(description="credits", ordering="credits")
    def amount(self, purchase: Purchase) -> str:
        return to_text(purchase.credits)

    @admin.display(description="refund")
    def refunding(self, purchase: Purchase) -> str:
        if not _is_refundable(purchase):
            return ""
        return format_html('<a href="{}">Refund…</a>', _refund_url(purchase))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purchase]:
        """With what went back, which tells of each row whether there is more to refund."""
        rows: QuerySet[Purchase] = super().get_queryset(request)
        return rows.prefetch_related("payments__refunds")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without the links for who may not follow them."""
        may = _may_refund(request)
        return [name for name in self.list_display if may or name != "refunding"]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        purchase, links = kwargs.get("obj"), []
        if isinstance(purchase, Purchase) and _is_refundable(purchase) and _may_refund(request):
            links.append({"text": "Refund…", "url": _refund_url(purchase)})
        return super().render_change_form(request, context | {"page_links": links}, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.refund)
        own = path("<id:purchase_id>/refund/", view, name="billing_purchase_refund")
        return [own, *super().get_urls()]

    def refund(self, request: HttpRequest, purchase_id: UUID) -> HttpResponse:
        if not _may_refund(request):
            raise PermissionDenied
        purchase = get_object_or_404(Purchase, pk=purchase_id)
        form = RefundForm(purchase, request.POST or None)
        if form.is_valid() and self._refunded(request, purchase, form.cleaned_data):
            return redirect("admin:billing_purchase_change", purchase.pk)
        context = self.admin_site.each_context(request) | {
            "title": f"Refund {purchase}",
            "form": form,
            "purchase": purchase,
        }
        return TemplateResponse(request, "billing/admin_refund.html", context)

    def _refunded(self, request: HttpRequest, purchase: Purchase, wish: dict[str, Any]) -> bool:
        """Whether there is nothing more to do with the form."""
        amount, reason = wish["amount"], wish["reason"]
        asked = refunds.Wish(amount, reason, str(wish["key"]), wish["told_left"])
        try:
            refund = refunds.refund(purchase, asked)
        except PaymentError as error:
            messages.error(request, str(error))
            # The purchase tells what came of it; by this form it would be refused for ever.
            return isinstance(error, RefundedElsewhere)
        text = f"Refunded {price_text(amount, purchase.currency)} ({refund}): {reason}"
        self.log_change(request, purchase, text)
        messages.success(request, f"{text}. The credits were taken back.")
        return True


def _may_refund(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("billing.change_purchase"))


def _is_refundable(purchase: Purchase) -> bool:
    """Not by the credits alone: those that a month's end took do not go back with the money."""
    return purchase.net != 0 and bool(refunds.left_minor(purchase))


def _refund_url(purchase: Purchase) -> str:
    return reverse("admin:billing_purchase_refund", args=[purchase.pk])


@admin.register(Refund)
class RefundAdmin(FactAdmin):
    list_display = ["id", "payment", "amount", "has_failed"]
    fields = ["id", "payment", "amount", "has_failed"]
    list_select_related = ["payment__purchase"]
    search_fields = ["id", "payment__intent"]

    @admin.display(description="amount", ordering="amount_minor")
    def amount(self, refund: Refund) -> str:
        return _of_payment(refund.payment, refund.amount_minor)


@admin.register(Dispute)
class DisputeAdmin(FactAdmin):
    list_display = ["id", "payment", "amount", "status"]
    fields = ["id", "payment", "amount", "status"]
    list_select_related = ["payment__purchase"]
    list_filter = ["status"]
    search_fields = ["id", "payment__intent"]

    @admin.display(description="amount", ordering="amount_minor")
    def amount(self, dispute: Dispute) -> str:
        return _of_payment(dispute.payment, dispute.amount_minor)


def _of_payment(payment: Payment, minor: int) -> str:
    """In the currency of its purchase, where that is known already."""
    return price_text(minor, payment.purchase.currency) if payment.purchase else str(minor)
