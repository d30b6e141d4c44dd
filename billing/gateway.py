"""The seam to Stripe: what we ask of it, and nothing of what its events mean.

Every call that creates something carries an idempotency key made from our own row, so that asking
again, after a crash or without an answer, is the same request.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import stripe
from django.conf import settings
from stripe import StripeClient

from billing.errors import CardDeclined, PaymentError, PaymentsNotConfigured
from billing.models import MeterEvent, Plan, Purchase, TopUpAttempt
from billing.stripe_errors import forgiving_what_is_missing, translated
from billing.subscriptions import ENDED

TIMEOUT_S = 10
RETRIES = 2
#: By which the page of a plan is known among those that are open.
_PRICE = "price"


@dataclass(frozen=True)
class Checkout:
    """A page of Stripe's where the customer pays."""

    id: str
    url: str
    #: Of the plan that is sold there; empty for packs.
    price: str = ""


@dataclass(frozen=True)
class Returns:
    """Where Stripe sends the customer afterwards."""

    done: str
    cancelled: str


class Gateway(Protocol):
    """Raises PaymentsUnavailable when nobody knows whether it happened, else another PaymentError."""

    def new_customer(self, user_id: int, email: str) -> str: ...

    def pack_checkout(
        self, purchase: Purchase, customer: str, returns: Returns, *, saves_card: bool
    ) -> Checkout: ...

    def plan_checkout(self, plan: Plan, customer: str, returns: Returns, key: str) -> Checkout: ...

    def portal(self, customer: str, return_url: str) -> str: ...

    def has_card(self, customer: str) -> bool: ...

    def charge_saved_card(self, attempt: TopUpAttempt, customer: str) -> str: ...

    def refund(self, purchase: Purchase, amount_minor: int, reason: str, key: str) -> str: ...

    def open_checkouts(self, customer: str) -> list[Checkout]: ...

    def close(self, checkout: Checkout) -> None: ...

    def running_plans(self, customer: str) -> list[str]: ...

    def cancel(self, subscription: str, *, bills_usage: bool) -> None: ...

    def report_usage(self, event: MeterEvent, customer: str) -> None: ...

    def events_since(self, moment: datetime) -> Iterator[dict[str, Any]]: ...


def is_configured() -> bool:
    return bool(settings.STRIPE_SECRET_KEY)


def is_live() -> bool:
    """Whether our key is one for real money. Test keys, and the stand-ins of tests, are not."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def gateway(*, timeout_s: int = TIMEOUT_S, retries: int = RETRIES) -> Gateway:
    """Raises PaymentsNotConfigured."""
    if not is_configured():
        raise PaymentsNotConfigured("Payments are not configured on this server.")
    addresses: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None
    client = StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses=addresses,
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=timeout_s),
    )
    return StripeGateway(client)


class StripeGateway:
    """The Gateway through Stripe's own library."""

    def __init__(self, client: StripeClient) -> None:
        self._v1 = client.v1

    def new_customer(self, user_id: int, email: str) -> str:
        with translated():
            created = self._v1.customers.create(
                {"email": email, "metadata": {"user": str(user_id)}},
                {"idempotency_key": f"customer:{user_id}:{email}"},
            )
        return created.id

    def pack_checkout(
        self, purchase: Purchase, customer: str, returns: Returns, *, saves_card: bool
    ) -> Checkout:
        pointer = _pointer(purchase)
        intent: dict[str, Any] = {"metadata": pointer}
        if saves_card:
            intent["setup_future_usage"] = "off_session"
        wishes = _checkout(customer, returns) | {
            "mode": "payment",
            "client_reference_id": str(purchase.pk),
            "metadata": pointer,
            "line_items": [{"quantity": 1, "price_data": _price_data(purchase)}],
            "payment_intent_data": intent,
            "invoice_creation": {"enabled": True, "invoice_data": {"metadata": pointer}},
        }
        return self._open(wishes, f"purchase:{purchase.pk}")

    def plan_checkout(self, plan: Plan, customer: str, returns: Returns, key: str) -> Checkout:
        item: dict[str, Any] = {"price": plan.stripe_price}
        if plan.kind != Plan.Kind.METERED:
            item["quantity"] = 1  # refused for a metered price: the meter counts
        wishes = _checkout(customer, returns) | {
            "mode": "subscription",
            "line_items": [item],
            "metadata": {_PRICE: plan.stripe_price},
        }
        return self._open(wishes, key)

    def portal(self, customer: str, return_url: str) -> str:
        with translated():
            session = self._v1.billing_portal.sessions.create(
                {"customer": customer, "return_url": return_url}
            )
        return session.url

    def has_card(self, customer: str) -> bool:
        return self._card(customer) is not None

    def charge_saved_card(self, attempt: TopUpAttempt, customer: str) -> str:
        """The payment intent. Credits come when its event does, not from this answer."""
        purchase = attempt.purchase
        card = self._card(customer)
        if card is None:
            raise CardDeclined("No card is saved.")
        wishes: Any = {
            "amount": purchase.price_minor,
            "currency": purchase.currency,
            "customer": customer,
            "payment_method": card,
            "off_session": True,
            "confirm": True,
            # An absent customer cannot confirm: a decline that can be told about.
            "error_on_requires_action": True,
            "description": "Automatic top-up",
            "metadata": _pointer(purchase),
        }
        with translated():
            key = {"idempotency_key": f"top-up:{attempt.pk}"}
            intent = self._v1.payment_intents.create(wishes, key)  # type: ignore[arg-type]  # a TypedDict
        return intent.id

    def refund(self, purchase: Purchase, amount_minor: int, reason: str, key: str) -> str:
        """The refund's id. The credits are taken back when its event comes."""
        payment = purchase.payments.first()
        if payment is None:
            raise PaymentError("Nothing was charged for this purchase.")
        wishes: Any = {
            "payment_intent": payment.pk,
            "amount": amount_minor,
            "metadata": {"purchase": str(purchase.pk), "reason": reason},
        }
        with translated():
            refund = self._v1.refunds.create(wishes, {"idempotency_key": key})
        return refund.id

    def open_checkouts(self, customer: str) -> list[Checkout]:
        """The pages on which the customer may still pay, the newest first."""
        wishes: Any = {"customer": customer, "status": "open", "limit": 100}
        found: list[dict[str, Any]] = []
        with translated(), forgiving_what_is_missing():
            pages = self._v1.checkout.sessions.list(wishes).auto_paging_iter()
            found.extend(page.to_dict() for page in pages)
        return [
            Checkout(page["id"], page["url"] or "", (page["metadata"] or {}).get(_PRICE, ""))
            for page in found
        ]

    def close(self, checkout: Checkout) -> None:
        """Nothing can be paid there any more. One that was paid just now is a PaymentError."""
        with translated():
            self._v1.checkout.sessions.expire(checkout.id)

    def running_plans(self, customer: str) -> list[str]:
        """The ids of subscriptions, also of those that no event told of yet."""
        wishes: Any = {"customer": customer, "limit": 100}
        found: list[stripe.Subscription] = []
        with translated(), forgiving_what_is_missing():
            found.extend(self._v1.subscriptions.list(wishes).auto_paging_iter())
        return [subscription.id for subscription in found if subscription.status not in ENDED]

    def cancel(self, subscription: str, *, bills_usage: bool) -> None:
        """Ends it at once, for good; also fine when it has ended already."""
        wishes: Any = {"invoice_now": True} if bills_usage else {}
        with translated(), forgiving_what_is_missing():
            self._v1.subscriptions.cancel(subscription, wishes)

    def report_usage(self, event: MeterEvent, customer: str) -> None:
        wishes: Any = {
            "event_name": event.event_name,
            "identifier": str(event.job),
            "timestamp": int(event.happened_at.timestamp()),
            "payload": {"stripe_customer_id": customer, "value": "1"},
        }
        try:
            with translated():
                self._v1.billing.meter_events.create(wishes, {"idempotency_key": str(event.job)})
        except PaymentError as error:
            # The answer to a first attempt was lost: Stripe knows the identifier already.
            if "already exists" not in str(error):
                raise

    def events_since(self, moment: datetime) -> Iterator[dict[str, Any]]:
        """As they would be delivered, the newest first; Stripe has those of thirty days."""
        wishes: Any = {"created": {"gte": int(moment.timestamp())}, "limit": 100}
        page: Any = {"has_more": True}
        while page["has_more"]:
            with translated():
                # As it came: the library's objects hold decimals, which no event does.
                listed: Any = self._v1.events.list(wishes)
                page = listed.last_response.data
            yield from page["data"]
            wishes |= {"starting_after": page["data"][-1]["id"]} if page["data"] else {}

    def _open(self, wishes: dict[str, Any], key: str) -> Checkout:
        params: Any = wishes
        with translated():
            session = self._v1.checkout.sessions.create(params, {"idempotency_key": key})
        return Checkout(session.id, session.url or "")

    def _card(self, customer: str) -> str | None:
        """The card the customer chose as default in the portal, else the one saved last."""
        with translated():
            owner = self._v1.customers.retrieve(customer)
            invoicing = owner.invoice_settings
            default = invoicing.default_payment_method if invoicing else None
            if default:
                return default if isinstance(default, str) else default.id
            cards = self._v1.customers.payment_methods.list(customer, {"type": "card", "limit": 1})
        return cards.data[0].id if cards.data else None


def _checkout(customer: str, returns: Returns) -> dict[str, Any]:
    wishes: dict[str, Any] = {
        "customer": customer,
        "success_url": returns.done,
        "cancel_url": returns.cancelled,
        "allow_promotion_codes": True,
    }
    if settings.STRIPE_TAX:
        wishes["automatic_tax"] = {"enabled": True}
        wishes["customer_update"] = {"address": "auto", "name": "auto"}
        wishes["tax_id_collection"] = {"enabled": True}
    return wishes


def _pointer(purchase: Purchase) -> dict[str, str]:
    """The rest is for billing.lost alone; otherwise our own row counts."""
    sold = {"kind": purchase.kind, "credits": str(purchase.credits)}
    return {"purchase": str(purchase.pk), **sold}


def _price_data(purchase: Purchase) -> dict[str, Any]:
    name = purchase.pack.name if purchase.pack else str(purchase)
    return {
        "currency": purchase.currency,
        "unit_amount": purchase.price_minor,
        "product_data": {"name": name},
    }
