"""People with credits, things on sale, and Stripe's events brought to the endpoint."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from accounts import keys
from accounts.models import ApiKey, User
from billing import credits
from billing.audit import discrepancies
from billing.models import CreditAccount, CreditPack, Plan, Purchase, StripeCustomer
from tests.billing import told
from tests.billing.shop import Shop
from tests.stripe_server.fixture import stripe_client, stripe_server

__all__ = ["stripe_client", "stripe_server"]


@pytest.fixture
def poor(db) -> User:
    return User.objects.create_user("poor@example.com")


@pytest.fixture
def rich(db) -> User:
    user = User.objects.create_user("rich@example.com")
    credits.grant(user, 10_000, reason="to begin with")
    return user


@pytest.fixture
def capped(rich) -> ApiKey:
    """A key that may spend five credits a month."""
    return keys.create(rich, "capped", monthly_credit_cap_hundredths=500)[0]


@pytest.fixture
def pack(db) -> CreditPack:
    """A thousand credits for 50 dollars."""
    return CreditPack.objects.create(
        name="Thousand", credits=100_000, price_minor=5_000, currency="usd"
    )


@pytest.fixture
def monthly(db) -> Plan:
    """Two hundred credits a month, of which fifty roll over."""
    return Plan.objects.create(
        name="Studio",
        kind="subscription",
        stripe_price="price_studio",
        included_credits=20_000,
        rollover_cap=5_000,
    )


@pytest.fixture
def metered(db) -> Plan:
    return Plan.objects.create(
        name="Business", kind="metered", stripe_price="price_metered", meter_event_name="images"
    )


@pytest.fixture
def customer(poor) -> str:
    """Stripe's name of the person who has nothing yet."""
    return StripeCustomer.objects.create(user=poor, customer="cus_poor").customer


@pytest.fixture
def wanted(poor, pack) -> Purchase:
    return new_purchase(poor, pack)


def new_purchase(user: User, pack: CreditPack, kind: str = "pack") -> Purchase:
    """As the shop leaves it when the customer goes off to pay."""
    account, _ = CreditAccount.objects.get_or_create(user=user)
    return Purchase.objects.create(
        account=account,
        kind=kind,
        pack=pack,
        credits=pack.credits,
        price_minor=pack.price_minor,
        currency=pack.currency,
    )


@pytest.fixture
def signed(settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [told.SECRET]


@pytest.fixture
def tell(client, signed) -> Callable[..., None]:
    """Delivers events, one after the other, and expects each to be taken."""

    def deliver(*events) -> None:
        for event in events:
            response = told.deliver(client, event)
            assert response.status_code == 200, response.content

    return deliver


@pytest.fixture
def right_books(db) -> Iterator[None]:
    yield
    assert discrepancies() == []


@pytest.fixture
def shop(settings, stripe_server, client, poor, right_books) -> Shop:
    """The person without credits, logged in, at a shop that takes money."""
    settings.STRIPE_SECRET_KEY = stripe_server.key
    settings.STRIPE_API_BASE = stripe_server.url
    settings.STRIPE_WEBHOOK_SECRETS = [stripe_server.webhook_secret]
    return Shop(stripe_server, client, poor)


@pytest.fixture
def studio(monthly, stripe_client) -> Plan:
    """The plan with included credits, at a price that Stripe has."""
    price = stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 2_000,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Studio"},
        }
    )
    monthly.stripe_price = price.id
    monthly.save()
    return monthly


def held_job(number: int) -> UUID:
    return UUID(int=number)


@pytest.fixture
def business(metered, stripe_client) -> Plan:
    """The metered plan, with a meter and a price that Stripe has."""
    meter = stripe_client.v1.billing.meters.create(
        {
            "display_name": "Images",
            "event_name": "images",
            "default_aggregation": {"formula": "sum"},
        }
    )
    price = stripe_client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 5,
            "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
            "product_data": {"name": "Business"},
        }
    )
    metered.stripe_price = price.id
    metered.save()
    return metered


@pytest.fixture
def subscribed(shop, business):
    shop.held = shop.subscribe(business)
    shop.bring()
    return shop
