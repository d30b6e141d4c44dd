"""A customer, and things to sell to them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from tests.stripe_server.fixture import stripe_client, stripe_server
from tests.stripe_server.inbox import Inbox

__all__ = ["stripe_client", "stripe_server"]

Session = Callable[..., stripe.checkout.Session]


@pytest.fixture
def customer(stripe_client) -> stripe.Customer:
    return stripe_client.v1.customers.create({"email": "alice@example.com"})


@pytest.fixture
def checkout(stripe_client, customer) -> Session:
    """Opens a session for one pack of 49 dollars, or as told."""

    def begin(**changes: Any) -> stripe.checkout.Session:
        params: Any = {
            "mode": "payment",
            "customer": customer.id,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 4900,
                        "product_data": {"name": "500 credits"},
                    },
                }
            ],
            "success_url": "https://shop.example/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/packs",
        } | changes
        given = {name: value for name, value in params.items() if value is not None}
        return stripe_client.v1.checkout.sessions.create(given)

    return begin


@pytest.fixture
def paid(stripe_server, stripe_client, checkout) -> stripe.PaymentIntent:
    """The payment of a session that was completed; its card is kept for later."""
    session = checkout(payment_intent_data={"setup_future_usage": "off_session"})
    intent = stripe_server.pay(session.id)["payment_intent"]
    return stripe_client.v1.payment_intents.retrieve(intent)


@pytest.fixture
def monthly(stripe_client) -> stripe.Price:
    return stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 1900,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Monthly"},
        }
    )


@pytest.fixture
def subscribe(stripe_server, stripe_client, checkout) -> Callable[..., stripe.Subscription]:
    def begin(price: stripe.Price, **item: Any) -> stripe.Subscription:
        items = [{"price": price.id, **item}]
        session = checkout(mode="subscription", line_items=items)
        held = stripe_server.pay(session.id)["subscription"]
        return stripe_client.v1.subscriptions.retrieve(held)

    return begin


@pytest.fixture
def subscription(subscribe, monthly) -> stripe.Subscription:
    return subscribe(monthly, quantity=1)


@pytest.fixture
def inbox(stripe_server) -> Iterator[Inbox]:
    """A receiver of webhooks that the server is told of."""
    receiver = Inbox(stripe_server.webhook_secret)
    stripe_server.webhook_url = receiver.url
    yield receiver
    stripe_server.webhook_url = ""
    receiver.stop()
