"""Every call that is understood: method, path and the function that does it."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Map, Rule

from tests.stripe_server.resources import (
    cards,
    catalogue,
    charges,
    checkout,
    customers,
    disputes,
    events,
    invoices,
    meters,
    payments,
    periods,
    portal,
    promotions,
    refunds,
    setups,
    subscriptions,
)
from tests.stripe_server.world import Thing

Call = Callable[..., Thing]

_CALLS: list[tuple[str, str, Call]] = [
    ("POST", "/v1/customers", customers.create),
    ("GET", "/v1/customers", customers.listing),
    ("GET", "/v1/customers/<a>", customers.retrieve),
    ("POST", "/v1/customers/<a>", customers.update),
    ("DELETE", "/v1/customers/<a>", customers.delete),
    ("GET", "/v1/customers/<a>/payment_methods", cards.of_customer),
    ("POST", "/v1/products", catalogue.create_product),
    ("GET", "/v1/products", catalogue.list_products),
    ("GET", "/v1/products/<a>", catalogue.retrieve_product),
    ("POST", "/v1/prices", catalogue.create_price),
    ("GET", "/v1/prices", catalogue.list_prices),
    ("GET", "/v1/prices/<a>", catalogue.retrieve_price),
    ("POST", "/v1/prices/<a>", catalogue.update_price),
    ("POST", "/v1/coupons", promotions.create_coupon),
    ("GET", "/v1/coupons", promotions.list_coupons),
    ("GET", "/v1/coupons/<a>", promotions.retrieve_coupon),
    ("POST", "/v1/promotion_codes", promotions.create_code),
    ("GET", "/v1/promotion_codes", promotions.list_codes),
    ("GET", "/v1/promotion_codes/<a>", promotions.retrieve_code),
    ("POST", "/v1/checkout/sessions", checkout.create),
    ("GET", "/v1/checkout/sessions", checkout.listing),
    ("GET", "/v1/checkout/sessions/<a>", checkout.retrieve),
    ("GET", "/v1/checkout/sessions/<a>/line_items", checkout.list_line_items),
    ("POST", "/v1/checkout/sessions/<a>/expire", checkout.expire),
    ("POST", "/v1/payment_intents", payments.create),
    ("GET", "/v1/payment_intents", payments.listing),
    ("GET", "/v1/payment_intents/<a>", payments.retrieve),
    ("POST", "/v1/payment_intents/<a>", payments.update),
    ("POST", "/v1/payment_intents/<a>/confirm", payments.confirm),
    ("POST", "/v1/payment_intents/<a>/cancel", payments.cancel),
    ("GET", "/v1/setup_intents/<a>", setups.retrieve),
    ("POST", "/v1/payment_methods", cards.create),
    ("GET", "/v1/payment_methods", cards.listing),
    ("GET", "/v1/payment_methods/<a>", cards.retrieve),
    ("POST", "/v1/payment_methods/<a>/attach", cards.attach),
    ("POST", "/v1/payment_methods/<a>/detach", cards.detach),
    ("GET", "/v1/charges", charges.listing),
    ("GET", "/v1/charges/<a>", charges.retrieve),
    ("POST", "/v1/refunds", refunds.create),
    ("GET", "/v1/refunds", refunds.listing),
    ("GET", "/v1/refunds/<a>", refunds.retrieve),
    ("GET", "/v1/disputes", disputes.listing),
    ("GET", "/v1/disputes/<a>", disputes.retrieve),
    ("POST", "/v1/disputes/<a>/close", disputes.close),
    ("GET", "/v1/invoices", invoices.listing),
    ("GET", "/v1/invoices/<a>", invoices.retrieve),
    ("POST", "/v1/invoices/<a>/pay", periods.pay_invoice),
    ("GET", "/v1/invoice_payments", invoices.list_payments),
    ("GET", "/v1/invoice_payments/<a>", invoices.retrieve_payment),
    ("POST", "/v1/subscriptions", subscriptions.create),
    ("GET", "/v1/subscriptions", subscriptions.listing),
    ("GET", "/v1/subscriptions/<a>", subscriptions.retrieve),
    ("POST", "/v1/subscriptions/<a>", subscriptions.update),
    ("DELETE", "/v1/subscriptions/<a>", subscriptions.cancel),
    ("POST", "/v1/billing_portal/sessions", portal.create),
    ("POST", "/v1/billing/meters", meters.create),
    ("GET", "/v1/billing/meters", meters.listing),
    ("GET", "/v1/billing/meters/<a>", meters.retrieve),
    ("POST", "/v1/billing/meter_events", meters.report),
    ("GET", "/v1/events", events.listing),
    ("GET", "/v1/events/<a>", events.retrieve),
]

CALLS = Map([Rule(path, methods=[method], endpoint=call) for method, path, call in _CALLS])


def find(method: str, path: str) -> tuple[Call, list[Any]]:
    """Raises werkzeug's HTTPException for what is no call."""
    call, values = CALLS.bind("").match(path, method=method)
    return call, list(values.values())
