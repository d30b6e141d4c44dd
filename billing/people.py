"""Where Stripe's objects name people, and whose they are."""

from typing import Any

from django.db.models import Q

from accounts.models import User
from billing.models import Payment, StripeCustomer

#: Everything else in its events is ids and amounts.
_PERSONAL = frozenset({
    "email", "name", "phone", "address", "customer_details", "billing_details", "receipt_email",
    "customer_email", "customer_name", "customer_address", "customer_phone", "shipping",
    "collected_information", "custom_fields", "customer_shipping",
    "evidence",  # of a dispute
    "hosted_invoice_url", "invoice_pdf", "receipt_url",  # pages on which the person is named
    "idempotency_key",  # ours for a new customer holds the address
})  # fmt: skip


def about(user: User) -> Q:
    """The events that tell of this person, by their customer or by a payment of theirs."""
    payments = Payment.objects.filter(purchase__account__user=user)
    intents = list(payments.values_list("pk", flat=True))
    told = Q(payload__data__object__payment_intent__in=intents)
    if customer := StripeCustomer.objects.filter(user=user).first():
        told |= Q(payload__data__object__customer=customer.customer)
        told |= Q(payload__data__object__id=customer.customer)
    return told


def is_forgotten(payload: dict[str, Any]) -> bool:
    """Whether the person that it tells of asked to be forgotten."""
    told = payload["data"]["object"]
    names = [name for key in ("customer", "id") if isinstance(name := told.get(key), str)]
    gone = User.objects.filter(erasure_asked_at__isnull=False)
    if gone.filter(stripe_customer__customer__in=names).exists():
        return True
    intent = told.get("payment_intent")
    paid = Payment.objects.filter(pk=intent, purchase__account__user__in=gone)
    return isinstance(intent, str) and paid.exists()


def without_people(value: Any) -> Any:
    if isinstance(value, list):
        return [without_people(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: None if name in _PERSONAL else without_people(item) for name, item in value.items()
    }
